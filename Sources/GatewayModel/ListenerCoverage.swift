/// Which hosts listeners take, and so which routes can get anything.
package struct ListenerCoverage: Sendable {
    /// The listeners of one address and port: names by host, as a connection finds them.
    fileprivate struct Group {
        var exact: [String: String] = [:]
        var wildcard: [String: String] = [:]
        /// Takes what no other does.
        var rest: String?
    }

    private let groups: [Group]
    /// Those that serve routes which name none.
    private let seeingRequests: Set<String>

    package init(_ listeners: some Sequence<Listener>) {
        var groups: [String: Group] = [:]
        var seeing: Set<String> = []
        for listener in listeners {
            if listener.proto.isHTTP { seeing.insert(listener.name) }
            groups[listener.address.authority(port: listener.port), default: Group()].add(listener)
        }
        self.groups = Array(groups.values)
        self.seeingRequests = seeing
    }

    /// There are no listeners at all.
    package var isEmpty: Bool { self.groups.isEmpty }

    /// Whether a route gets nothing because no listener that it serves takes any of its hosts.
    package func isOutOfReach(_ route: Route) -> Bool {
        if route.hostnames.isEmpty { return !self.groups.contains { $0.names.contains { self.serves(route, $0) } } }
        return route.hostnames.allSatisfy { !self.reaches(route, $0) }
    }

    /// The hosts of a route that no listener takes which it serves.
    package func hostsOutOfReach(of route: Route) -> [HostPattern] {
        route.hostnames.filter { !self.reaches(route, $0) }
    }

    /// The names of the listeners that a route serves, whatever their hosts.
    package func listeners(of route: Route) -> Set<String> {
        route.listeners.isEmpty ? self.seeingRequests : Set(route.listeners)
    }

    private func reaches(_ route: Route, _ host: HostPattern) -> Bool {
        self.groups.contains { group in group.takers(of: host) { self.serves(route, $0) } }
    }

    private func serves(_ route: Route, _ listener: String) -> Bool {
        route.listeners.isEmpty ? self.seeingRequests.contains(listener) : route.listeners.contains(listener)
    }
}

extension ListenerCoverage.Group {
    mutating func add(_ listener: Listener) {
        if listener.hostnames.isEmpty { self.rest = listener.name }
        for hostname in listener.hostnames {
            switch hostname {
            case .exact(let name): self.exact[name] = listener.name
            case .wildcard(let suffix): self.wildcard[suffix] = listener.name
            }
        }
    }

    var names: Set<String> { Set(self.exact.values).union(self.wildcard.values).union(self.rest.map { [$0] } ?? []) }

    /// Whether one of the listeners that take the host, or a part of the hosts that it means, is as asked.
    func takers(of host: HostPattern, are isAsked: (String) -> Bool) -> Bool {
        switch host {
        case .exact(let name):
            let taker = self.exact[name] ?? self.wildcard(over: name) ?? self.rest
            return taker.map(isAsked) ?? false
        case .wildcard(let suffix):
            let taker = self.wildcard[suffix] ?? self.wildcard(over: suffix) ?? self.rest
            if let taker, isAsked(taker) { return true }
            let end = "." + suffix
            return self.exact.contains { $0.key.hasSuffix(end) && isAsked($0.value) }
                || self.wildcard.contains { $0.key.hasSuffix(end) && isAsked($0.value) }
        }
    }

    /// The listener of the longest wildcard that a name falls under.
    private func wildcard(over name: String) -> String? {
        var rest = Substring(name)
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            if let taker = self.wildcard[String(rest)] { return taker }
        }
        return nil
    }
}
