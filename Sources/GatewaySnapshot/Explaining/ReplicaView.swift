package import ControlProtocol

/// What one live replica says of endpoints, for explanations.
package struct ReplicaView: Sendable {
    /// The replica's id.
    package let replica: String
    /// By upstream; what it does not speak of is healthy.
    package let health: [String: [UpstreamHealth.Endpoint]]

    package init(replica: String, health: [String: [UpstreamHealth.Endpoint]]) {
        self.replica = replica
        self.health = health
    }
}
