extension Configuration {
    /// Which hosts its listeners take.
    package var coverage: ListenerCoverage { ListenerCoverage(self.listeners) }

    /// What is allowed in these resources and can hardly be meant: hosts that no listener takes, limits for each caller where
    /// nobody finds out who calls, and what nothing refers to.
    ///
    /// While there is no listener at all, a configuration is being built up, and nothing is said about hosts.
    package func warnings(about keys: some Sequence<ResourceKey>) -> [(key: ResourceKey, fault: Fault)] {
        let coverage = self.coverage
        return keys.flatMap { key -> [(key: ResourceKey, fault: Fault)] in
            guard let resource = self[key] else { return [] }
            if case .route(let route) = resource.spec {
                let faults = [coverage.warning(about: route)].compactMap { $0 } + self.strangersCounted(route, coverage)
                return faults.map { (key, $0) }
            }
            guard key.kind.isOnlyReferredTo, self.referrers(of: key).isEmpty else { return [] }
            return [(key, Fault(pointer: "", code: "unused", detail: "nothing refers to it"))]
        }
    }

    /// The route's limits for each caller, where no policy finds out who calls.
    private func strangersCounted(_ route: Route, _ coverage: ListenerCoverage) -> [Fault] {
        let counting = route.policies.indices.filter { self.tellsCallersApart(route.policies[$0]) }
        if counting.isEmpty || route.policies.contains(where: self.findsOutWhoCalls) { return [] }
        let inherited = route.inherits ? coverage.listeners(of: route) : []
        let isInherited = self.listeners.contains {
            inherited.contains($0.name) && $0.policies.contains(where: self.findsOutWhoCalls)
        }
        if isInherited { return [] }
        return counting.map {
            Fault(
                pointer: "/policies/\($0)", code: "callers-unknown",
                detail: "no policy finds out who calls: all requests count as one caller's")
        }
    }

    private func findsOutWhoCalls(_ policy: String) -> Bool {
        guard case .authPolicy(let policy)? = self[ResourceKey(kind: .authPolicy, name: policy)]?.spec else {
            return false
        }
        switch policy.type {
        case .jwt, .basic, .apiKey, .mtls, .extAuth: return true
        case .ip, .authorization, .cors, .csrf: return false
        }
    }

    private func tellsCallersApart(_ policy: String) -> Bool {
        guard case .trafficPolicy(let policy)? = self[ResourceKey(kind: .trafficPolicy, name: policy)]?.spec else {
            return false
        }
        switch policy.settings {
        case .rateLimit(let limits): return limits.limits.contains { $0.key.contains(where: \.isFoundOut) }
        case .concurrency(let limit): return limit.key.contains(where: \.isFoundOut)
        case .body, .waf, .headers, .compression, .fault: return false
        }
    }
}

extension ListenerCoverage {
    fileprivate func warning(about route: Route) -> Fault? {
        guard !self.isEmpty else { return nil }
        let hosts = self.hostsOutOfReach(of: route).map(\.text)
        if hosts.isEmpty {
            guard self.isOutOfReach(route) else { return nil }
            return Fault(pointer: "", code: "no-listener", detail: "there is no listener that it serves")
        }
        return Fault(
            pointer: "/hostnames", code: "no-listener",
            detail: "no listener that it serves takes \(hosts.joined(separator: ", "))")
    }
}

extension ResourceKind {
    /// Does nothing by itself.
    fileprivate var isOnlyReferredTo: Bool {
        switch self {
        case .certificate, .authPolicy, .trafficPolicy, .upstream: true
        case .listener, .route, .consumer: false
        }
    }
}
