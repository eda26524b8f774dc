import GatewayModel

/// What other resources refer to by name and what is small enough to be copied: certificates and traffic policies.
struct SharedResources: Sendable {
    private(set) var certificates: [String: Certificate] = [:]
    private(set) var policies: [String: TrafficPolicy] = [:]
    private(set) var resources: [ResourceKey: Resource] = [:]

    mutating func set(_ resource: Resource) {
        self.resources[resource.key] = resource
        switch resource.spec {
        case .certificate(let certificate): self.certificates[resource.key.name] = certificate
        case .trafficPolicy(let policy): self.policies[resource.key.name] = policy
        case .listener, .upstream, .route: break
        }
    }

    mutating func remove(_ key: ResourceKey) {
        self.resources[key] = nil
        switch key.kind {
        case .certificate: self.certificates[key.name] = nil
        case .trafficPolicy: self.policies[key.name] = nil
        case .listener, .upstream, .route: break
        }
    }

    /// The last of the named policies that compresses.
    func compression(_ names: [String]) -> CompressionPolicy? {
        for name in names.reversed() {
            if case .compression(let policy)? = self.policies[name]?.settings { return policy }
        }
        return nil
    }
}
