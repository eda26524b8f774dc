extension Configuration {
    /// Which hosts its listeners take.
    package var coverage: ListenerCoverage { ListenerCoverage(self.listeners) }

    /// What is allowed in these resources and can hardly be meant: hosts that no listener takes, and what nothing refers to.
    ///
    /// While there is no listener at all, a configuration is being built up, and nothing is said about hosts.
    package func warnings(about keys: some Sequence<ResourceKey>) -> [(key: ResourceKey, fault: Fault)] {
        let coverage = self.coverage
        return keys.compactMap { key in
            guard let resource = self[key] else { return nil }
            if case .route(let route) = resource.spec { return coverage.warning(about: route).map { (key, $0) } }
            guard key.kind.isOnlyReferredTo, self.referrers(of: key).isEmpty else { return nil }
            return (key, Fault(pointer: "", code: "unused", detail: "nothing refers to it"))
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
