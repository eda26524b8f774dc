import GatewayModel
import Routing

/// What other resources refer to by name and what is small enough to be copied: certificates and traffic policies.
struct SharedResources: Sendable {
    private(set) var certificates: [String: Certificate] = [:]
    private(set) var policies: [String: TrafficPolicy] = [:]
    /// Of the policies that compress.
    private var plans: [String: CompressionPlan] = [:]
    private(set) var resources: [ResourceKey: Resource] = [:]

    /// - Returns: what cannot be compiled; validation refuses it before.
    mutating func set(_ resource: Resource) -> String? {
        self.resources[resource.key] = resource
        switch resource.spec {
        case .certificate(let certificate): self.certificates[resource.key.name] = certificate
        case .trafficPolicy(let policy):
            self.policies[resource.key.name] = policy
            if case .compression(let compression) = policy.settings {
                self.plans[resource.key.name] = CompressionPlan(compression)
                if self.plans[resource.key.name] == nil { return "its algorithms or types cannot be compiled" }
            }
        case .listener, .upstream, .route: break
        }
        return nil
    }

    mutating func remove(_ key: ResourceKey) {
        self.resources[key] = nil
        switch key.kind {
        case .certificate: self.certificates[key.name] = nil
        case .trafficPolicy:
            self.policies[key.name] = nil
            self.plans[key.name] = nil
        case .listener, .upstream, .route: break
        }
    }

    /// The faults of all the named policies.
    func faults(_ names: [String]) -> FaultPlan? {
        FaultPlan(
            names.compactMap { name in
                if case .fault(let fault) = self.policies[name]?.settings { fault } else { nil }
            })
    }

    /// The last of the named policies that compresses.
    func compression(_ names: [String]) -> CompressionPlan? {
        names.reversed().lazy.compactMap { self.plans[$0] }.first
    }
}
