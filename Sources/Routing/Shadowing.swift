import GatewayModel

/// A match that no request can reach, because another one that is preferred takes all that it could.
package struct ShadowedMatch: Hashable, Sendable {
    package let route: String
    /// Its place in the route's matches.
    package let match: Int
    /// The route that takes the requests; it may be the same one.
    package let by: String

    package init(route: String, match: Int, by: String) {
        self.route = route
        self.match = match
        self.by = by
    }

    package var pointer: String { "/matches/\(self.match)" }

    /// One sentence for people.
    package var detail: String {
        let taker = self.by == self.route ? "an earlier match of this route" : "route \(self.by)"
        return "no request can reach this match: \(taker) takes all that it could"
    }
}

extension RouteTableChange {
    /// Which matches of these routes, which the change brings, can never be reached; by name and place. To be asked before the
    /// commit.
    ///
    /// Looks at the hosts of these routes alone, and there only at the paths they have. What is found is so for certain;
    /// which regular expressions take what others take is not known.
    package func shadowedMatches(of names: Set<String>) -> [ShadowedMatch] {
        var counts: [MatchPlace: (hosts: Int, by: String)] = [:]
        let routes = names.compactMap { self.upserted($0) }
        for host in routes.reduce(into: Set(), { $0.formUnion($1.hostKeys) }) {
            for (place, by) in ShadowSearch(self.routes(of: host), names).found {
                counts[place] = ((counts[place]?.hosts ?? 0) + 1, counts[place]?.by ?? by)
            }
        }
        let hosts = Dictionary(routes.map { ($0.name, $0.hostKeys.count) }) { $1 }
        return counts.filter { $0.value.hosts == hosts[$0.key.route] }
            .map { ShadowedMatch(route: $0.key.route, match: $0.key.match, by: $0.value.by) }
            .sorted { ($0.route, $0.match) < ($1.route, $1.match) }
    }

    private func upserted(_ name: String) -> CompiledRoute? {
        switch self.routes {
        case .edit(let edit): edit.routes[name] ?? nil
        case .whole(let contents): contents.routes[name]
        }
    }

    private func routes(of host: HostPattern?) -> [CompiledRoute] {
        switch self.routes {
        case .edit(let edit): (edit.hosts[host] ?? nil)?.routes ?? []
        case .whole(let contents): contents.hosts[host]?.routes ?? []
        }
    }
}

private struct MatchPlace: Hashable {
    let route: String
    let match: Int
}

/// The unreachable matches of some routes of one host.
private struct ShadowSearch {
    /// What two matches have alike when one takes all of the other: all but their methods, for which both have a condition or
    /// neither. One with fewer conditions ranks lower and so hides nothing.
    private struct Likeness: Hashable {
        let path: PathMatch
        let hasMethods: Bool
        let others: Set<RouteMatch.Condition>

        init(_ match: RouteMatch) {
            self.path = match.path.canonical
            self.hasMethods = match.methods != nil
            self.others = Set(match.conditions.filter { if case .methods = $0 { false } else { true } })
        }
    }

    /// So many matches with the same path and conditions are compared with one another; beyond that nothing is claimed.
    private static let groupLimit = 1000

    private(set) var found: [MatchPlace: String] = [:]

    init(_ routes: [CompiledRoute], _ names: Set<String>) {
        let asked = routes.filter { names.contains($0.name) }
        let paths = Set(asked.flatMap { $0.matches.map(\.path.canonical) })
        var groups: [Likeness: [RouteEntry]] = [:]
        for route in routes {
            for (index, match) in route.matches.enumerated() where paths.contains(match.path.canonical) {
                groups[Likeness(match), default: []].append(RouteEntry(route, index, match))
            }
        }
        for group in groups.values where group.count > 1 { self.search(group, names) }
    }

    private mutating func search(_ group: [RouteEntry], _ names: Set<String>) {
        let entries = group.sorted { $0.isPreferred(to: $1) }.prefix(Self.groupLimit)
        for (index, entry) in entries.enumerated() where names.contains(entry.route.name) {
            if let first = entries.prefix(index).first(where: { $0.takesAll(of: entry) }) {
                self.found[MatchPlace(route: entry.route.name, match: entry.index)] = first.route.name
            }
        }
    }
}

extension RouteEntry {
    /// Of two that are alike but for methods and listeners.
    fileprivate func takesAll(of other: RouteEntry) -> Bool {
        if let methods = self.match.methods, !Set(methods).isSuperset(of: other.match.methods ?? []) { return false }
        let listeners = self.route.listeners
        if !listeners.isEmpty {
            return !other.route.listeners.isEmpty && Set(listeners).isSuperset(of: other.route.listeners)
        }
        // A route without conditions may name listeners that see no requests, which one that names none does not serve.
        return other.route.listeners.isEmpty || other.match != RouteMatch(path: .prefix("/"))
    }
}

extension RouteMatch {
    fileprivate var methods: [String]? {
        for case .methods(let methods) in self.conditions { return methods }
        return nil
    }
}

extension PathMatch {
    /// Without the last slash of a prefix, which means nothing.
    fileprivate var canonical: PathMatch {
        if case .prefix(let path) = self, path.hasSuffix("/") { .prefix(String(path.dropLast())) } else { self }
    }
}
