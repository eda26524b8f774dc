package import GatewayModel

/// Which pages of other origins may read answers, compiled.
package final class CORSRule: Sendable {
    package let policy: CORSPolicy

    init(_ policy: CORSPolicy) { self.policy = policy }
}
