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
        shadowed(names, route: { self.upserted($0) ?? nil }, routes: { self.routes(of: $0) ?? [] })
    }

    /// `nil` when the change does not name the route; `.some(nil)` when it goes.
    fileprivate func upserted(_ name: String) -> CompiledRoute?? {
        switch self.routes {
        case .edit(let edit): edit.routes[name]
        case .whole(let contents): .some(contents.routes[name])
        }
    }

    /// `nil` when the change leaves the host alone.
    fileprivate func routes(of host: HostPattern?) -> [CompiledRoute]? {
        switch self.routes {
        case .edit(let edit): edit.hosts[host].map { $0?.routes ?? [] }
        case .whole(let contents): contents.hosts[host]?.routes ?? []
        }
    }
}

extension RouteTable {
    /// Which matches can never be reached, without a change and with it: of the routes `names`, which the change brings, and of
    /// those that it leaves as they are but that one of `names` hides now. To be asked before the commit.
    ///
    /// Costs what the change costs: the hosts that it touches, and those of the routes that it hides.
    package func shadowedMatches(
        of names: Set<String>, in change: RouteTableChange
    ) -> (before: [ShadowedMatch], after: [ShadowedMatch]) {
        let brought = names.compactMap { change.upserted($0) ?? nil }
        let hosts = brought.reduce(into: Set()) { $0.formUnion($1.hostKeys) }
        let hidden = hosts.reduce(into: names) { names, host in
            names.formUnion(ShadowSearch(change.routes(of: host) ?? [], names, takenBy: names).found.keys.map(\.route))
        }
        return (
            shadowed(hidden, route: { self[route: $0] }, routes: { self.routes(of: $0) }),
            shadowed(
                hidden, route: { change.upserted($0) ?? self[route: $0] },
                routes: { change.routes(of: $0) ?? self.routes(of: $0) })
        )
    }
}

/// - Parameters:
///   - route: the route of a name.
///   - routes: those of a host.
private func shadowed(
    _ names: Set<String>, route: (String) -> CompiledRoute?, routes: (HostPattern?) -> [CompiledRoute]
) -> [ShadowedMatch] {
    var counts: [MatchPlace: (hosts: Int, by: String)] = [:]
    let asked = names.compactMap(route)
    for host in asked.reduce(into: Set(), { $0.formUnion($1.hostKeys) }) {
        for (place, by) in ShadowSearch(routes(host), names).found {
            counts[place] = ((counts[place]?.hosts ?? 0) + 1, counts[place]?.by ?? by)
        }
    }
    let hosts = Dictionary(asked.map { ($0.name, $0.hostKeys.count) }) { $1 }
    return counts.filter { $0.value.hosts == hosts[$0.key.route] }
        .map { ShadowedMatch(route: $0.key.route, match: $0.key.match, by: $0.value.by) }
        .sorted { ($0.route, $0.match) < ($1.route, $1.match) }
}

private struct MatchPlace: Hashable {
    let route: String
    let match: Int
}

/// The unreachable matches of routes of one host.
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

    /// Of the routes `names`, or of all others what these take.
    init(_ routes: [CompiledRoute], _ names: Set<String>, takenBy takers: Set<String>? = nil) {
        let asked = routes.filter { names.contains($0.name) }
        let paths = Set(asked.flatMap { $0.matches.map(\.path.canonical) })
        // Nearly always each path comes once, and nothing can hide anything.
        var seen: Set<PathMatch> = []
        let areDistinct = routes.allSatisfy { route in
            route.matches.allSatisfy { match in
                let path = match.path.canonical
                return !paths.contains(path) || seen.insert(path).inserted
            }
        }
        if areDistinct { return }
        var groups: [Likeness: [RouteEntry]] = [:]
        for route in routes {
            for (index, match) in route.matches.enumerated() where paths.contains(match.path.canonical) {
                groups[Likeness(match), default: []].append(RouteEntry(route, index, match))
            }
        }
        for group in groups.values where group.count > 1 { self.search(group, names, takers) }
    }

    private mutating func search(_ group: [RouteEntry], _ names: Set<String>, _ takers: Set<String>?) {
        let entries = group.sorted { $0.isPreferred(to: $1) }.prefix(Self.groupLimit)
        for (index, entry) in entries.enumerated() where names.contains(entry.route.name) == (takers == nil) {
            let before = entries.prefix(index)
            let first = before.first { takers?.contains($0.route.name) ?? true && $0.takesAll(of: entry) }
            if let first { self.found[MatchPlace(route: entry.route.name, match: entry.index)] = first.route.name }
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
