package import GatewayModel

/// A service that is asked about requests.
package final class ExtAuthRule: Sendable {
    /// Of the policy.
    package let name: String
    package let policy: ExtAuthPolicy

    init(_ name: String, _ policy: ExtAuthPolicy) {
        self.name = name
        self.policy = policy
    }
}
