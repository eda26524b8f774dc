import GatewayModel
import Routing

/// A configuration at one moment, with what is known about who hides whom.
struct ConfigurationView {
    /// As it is after the change, whatever moment this is.
    let configuration: Configuration
    private let replaced: [ResourceKey: Resource?]
    let coverage: ListenerCoverage
    /// By route and place of the match: the route that takes all that it could.
    let shadowedBy: [String: [Int: String]]

    /// - Parameter replaced: what is different from `configuration`; `nil` what was not there.
    init(_ configuration: Configuration, replaced: [ResourceKey: Resource?], shadowed: [ShadowedMatch]) {
        self.configuration = configuration
        self.replaced = replaced
        var shadowedBy: [String: [Int: String]] = [:]
        for match in shadowed { shadowedBy[match.route, default: [:]][match.match] = match.by }
        self.shadowedBy = shadowedBy
        let others = configuration.listeners.filter { replaced[ResourceKey(kind: .listener, name: $0.name)] == nil }
        let own = replaced.values.compactMap { resource -> Listener? in
            if case .listener(let listener)? = resource?.spec { listener } else { nil }
        }
        self.coverage = ListenerCoverage(others + own)
    }

    func route(_ key: ResourceKey) -> Route? {
        if case .route(let route)? = self.resource(key)?.spec { route } else { nil }
    }

    func listener(_ key: ResourceKey) -> Listener? {
        if case .listener(let listener)? = self.resource(key)?.spec { listener } else { nil }
    }

    private func resource(_ key: ResourceKey) -> Resource? { self.replaced[key] ?? self.configuration[key] }

    /// Why no request comes to anything by a route.
    func obstacle(of route: Route) -> String? {
        if self.coverage.isOutOfReach(route) {
            let hosts = route.hostnames.isEmpty ? "there is no listener for it" : "no listener takes \(route.hosts)"
            return hosts
        }
        let shadowed = self.shadowedBy[route.name] ?? [:]
        if shadowed.count == route.matches.count, let by = shadowed.min(by: { $0.key < $1.key })?.value {
            return "route \(by) takes all that it could"
        }
        guard case .forward(let shares) = route.action else { return nil }
        let used = shares.filter { $0.weight > 0 }.map(\.upstream)
        if used.isEmpty { return "all of its shares have weight 0" }
        if used.contains(where: self.hasEndpoints) { return nil }
        return "\(used.map { "upstream \($0)" }.shortened) has no endpoint that may get requests"
    }

    private func hasEndpoints(_ name: String) -> Bool {
        guard case .upstream(let upstream)? = self.resource(ResourceKey(kind: .upstream, name: name))?.spec else {
            return false
        }
        return upstream.discovery != nil || upstream.endpoints.contains { $0.weight > 0 }
    }

    /// Whom a route keeps out, by whichever listener a request comes.
    func protection(of route: Route) -> AuthPolicy.Protection {
        let own = self.protection(ResourceKey(kind: .route, name: route.name))
        guard route.inherits else { return own }
        let listeners = self.coverage.listeners(of: route).map {
            self.protection(ResourceKey(kind: .listener, name: $0))
        }
        return max(own, listeners.min() ?? .none)
    }

    private func protection(_ key: ResourceKey) -> AuthPolicy.Protection {
        let policies = (self.resource(key)?.spec.policies ?? []).map { name in
            guard case .authPolicy(let policy)? = self.resource(ResourceKey(kind: .authPolicy, name: name))?.spec else {
                return AuthPolicy.Protection.none
            }
            return policy.protection
        }
        return policies.max() ?? .none
    }
}
