package import GatewayModel

/// Parts of a route that are the same in many, in memory that they share.
package struct SharedRouteParts: Sendable {
    let hostnames: [HostPattern]
    let matches: [RouteMatch]
}

/// Finds what routes that are made together have in common: of a hundred thousand routes most have the hostnames, and many the
/// conditions, of another. Benchmark: `scripts/bench routes`.
package struct RoutePartsPool {
    private var hostnames: Set<[HostPattern]> = []
    private var conditions: Set<[RouteMatch.Condition]> = []

    package init() {}

    package mutating func parts(of route: Route) -> SharedRouteParts {
        let hasConditions = route.matches.contains { !$0.conditions.isEmpty }
        return SharedRouteParts(
            hostnames: self.hostnames.insert(route.hostnames).memberAfterInsert,
            matches: hasConditions ? self.matches(route.matches) : route.matches)
    }

    private mutating func matches(_ matches: [RouteMatch]) -> [RouteMatch] {
        var shared: [RouteMatch] = []
        shared.reserveCapacity(matches.count)
        for match in matches {
            let conditions = self.conditions.insert(match.conditions).memberAfterInsert
            shared.append(RouteMatch(path: match.path, conditions: conditions))
        }
        return shared
    }
}
