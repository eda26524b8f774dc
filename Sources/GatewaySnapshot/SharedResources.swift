import AccessControl
import Firewall
import GatewayModel
import Routing
import TrafficControl

/// What other resources refer to by name and what is small enough to be copied: certificates, policies and consumers.
struct SharedResources: Sendable {
    private(set) var certificates: [String: Certificate] = [:]
    private(set) var policies: [String: TrafficPolicy] = [:]
    /// Of the policies that compress.
    private var plans: [String: CompressionPlan] = [:]
    /// Of the policies that speak of fields on answers.
    private var answerPlans: [String: AnswerFieldsPlan] = [:]
    /// Auth policies and consumers.
    private(set) var access = AccessResources()
    /// Of the policies that say how much may pass.
    private(set) var traffic: TrafficResources
    private(set) var resources: [ResourceKey: Resource] = [:]

    init(_ firewall: FirewallLibrary) { self.traffic = TrafficResources(firewall) }

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
            self.answerPlans[resource.key.name] = policy.answers
            return self.traffic.set(policy)
        case .authPolicy(let policy): return self.access.set(policy)
        case .consumer: self.access.set(consumer: resource)
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
            self.answerPlans[key.name] = nil
            self.traffic.remove(policy: key.name)
        case .authPolicy: self.access.remove(policy: key.name)
        case .consumer: self.access.remove(consumer: key.name)
        case .listener, .upstream, .route: break
        }
    }

    mutating func finishConsumers() { self.access.finish() }

    /// Whether there is a policy of that name, of either kind.
    func hasPolicy(_ name: String) -> Bool { self.policies[name] != nil || self.access.policies[name] != nil }

    /// What the named policies of a route come to.
    func plans(_ names: [String], inherits: Bool) -> RoutePolicies {
        let inherited: RouteCompression = inherits ? .inherited : .none
        return RoutePolicies(
            compression: self.compression(names).map { .own($0) } ?? inherited, faults: self.faults(names),
            access: self.access.plan(names), traffic: self.traffic.plan(names), answers: self.answers(names))
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

    /// The last of the named policies that speaks of fields on answers.
    func answers(_ names: [String]) -> AnswerFieldsPlan? {
        guard !self.answerPlans.isEmpty else { return nil }
        return names.reversed().lazy.compactMap { self.answerPlans[$0] }.first
    }
}

extension TrafficPolicy {
    fileprivate var answers: AnswerFieldsPlan? {
        if case .headers(let policy) = self.settings { AnswerFieldsPlan(policy) } else { nil }
    }
}
