import GatewayModel

/// Where a match stands among those with the same path: a method condition, then more headers, query parameters, cookies.
struct MatchRank: Comparable {
    private let value: UInt32

    /// No condition at all: after all others.
    static let plain = MatchRank(value: 0)

    private init(value: UInt32) { self.value = value }

    init(_ match: RouteMatch) {
        var value: UInt32 = 0
        for condition in match.conditions {
            // Sixteen of a kind are allowed, so that eight bits do not overflow into the next kind.
            switch condition {
            case .methods: value |= 1 << 24
            case .header: value &+= 1 << 16
            case .query: value &+= 1 << 8
            case .cookie: value &+= 1
            }
        }
        self.value = value
    }

    static func < (left: MatchRank, right: MatchRank) -> Bool { left.value < right.value }
}

/// One alternative of a route.
struct RouteEntry {
    let route: CompiledRoute
    /// Its place in the route's matches.
    let index: Int
    let match: RouteMatch
    let rank: MatchRank
    /// See `ConditionWriter`; empty: none but an exact path or a prefix.
    let conditions: [UInt8]

    init(_ route: CompiledRoute, _ index: Int, _ match: RouteMatch) {
        self.route = route
        self.index = index
        self.match = match
        self.rank = MatchRank(match)
        self.conditions = ConditionWriter(match, route.patterns)?.bytes ?? []
    }

    /// For the same path, if both take a request. A route's own alternatives stand as written.
    func isPreferred(to other: RouteEntry) -> Bool {
        if self.rank != other.rank { return self.rank > other.rank }
        return self.route === other.route ? self.index < other.index : self.route.isOlder(than: other.route)
    }

    /// All alternatives of routes that are sorted by age, the preferred ones of the same path first.
    static func sorted(_ routes: [CompiledRoute]) -> [RouteEntry] {
        var entries: [RouteEntry] = []
        entries.reserveCapacity(routes.reduce(0) { $0 &+ $1.matches.count })
        for route in routes {
            for (index, match) in route.matches.enumerated() {
                entries.append(RouteEntry(route, index, match))
            }
        }
        guard entries.contains(where: { $0.rank != .plain }) else { return entries }
        return entries.sorted { $0.isPreferred(to: $1) }
    }
}
