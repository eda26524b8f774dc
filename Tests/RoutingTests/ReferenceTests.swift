import GatewayModel
import Testing

import Routing

@Suite("The table against a matcher that tries every route")
struct ReferenceTests {
    @Test("Random routes, listeners, changes and requests agree", arguments: 1...60)
    func agrees(seed: Int) throws {
        var world = RandomWorld(seed: UInt64(seed))
        let table = RouteTable()
        for step in 0..<12 {
            let change = try world.change(replacesAll: step == 7)
            table.change(
                change.upserts, removes: change.removes, groups: change.groups, replacesAll: change.replacesAll)
            let rebuilt = RouteTable()
            rebuilt.change(Array(world.routes.values), groups: world.groups, replacesAll: true)
            for _ in 0..<60 {
                let request = world.request()
                let (group, host) = (world.below(3), request.host)
                let expected = world.reference(group, request)
                let testRequest = request.test
                #expect(try table.name(group: group, testRequest) == expected)
                #expect(try rebuilt.name(group: group, testRequest) == expected)
                let explanation = try testRequest.with { table.explain(group: group, host: host, $0) }
                #expect(explanation.taken?.name == expected)
                #expect(explanation.candidates.first { $0.failed == nil }?.route.name == expected)
            }
        }
    }
}

/// Few names, so that they meet often.
private struct RandomWorld {
    private(set) var routes: [String: CompiledRoute] = [:]
    private(set) var groups: [[RouteListener]] = []
    private var numbers: SeededNumbers
    private static let labels = ["a", "b", "c"]
    private static let methods = ["GET", "HEAD", "POST"]
    private static let listenerNames = ["l0", "l1", "l2", "l3"]

    init(seed: UInt64) {
        self.numbers = SeededNumbers(seed: seed)
    }

    mutating func change(
        replacesAll: Bool
    ) throws -> (upserts: [CompiledRoute], removes: [String], groups: [[RouteListener]]?, replacesAll: Bool) {
        if replacesAll { self.routes = [:] }
        let removes = (0..<self.below(6)).map { _ in "r\(self.below(30))" }
        for name in removes { self.routes[name] = nil }
        var upserts: [CompiledRoute] = []
        for _ in 0..<self.below(12) {
            let name = "r\(self.below(30))"
            let made = try randomRoute(name, &self)
            upserts.append(made)
            self.routes[name] = made
        }
        guard self.groups.isEmpty || self.below(3) == 0 else { return (upserts, removes, nil, replacesAll) }
        self.groups = try self.someGroups()
        return (upserts, removes, self.groups, replacesAll)
    }

    mutating func request() -> RandomRequest {
        let segments = self.words(4)
        let host = self.below(8) == 0 ? "" : self.words(4, atLeast: 1).joined(separator: ".")
        let end = !segments.isEmpty && self.below(4) == 0 ? "/" : ""
        return RandomRequest(
            method: Self.methods[self.below(3)], host: host, path: "/" + segments.joined(separator: "/") + end,
            headers: self.pairs(), query: self.pairs(), cookies: self.pairs())
    }

    private mutating func pairs() -> [(String, String)] {
        (0..<self.below(4)).map { _ in (Self.labels[self.below(3)], Self.labels[self.below(3)]) }
    }

    /// Conditions as `match` reads them, on few names and values.
    mutating func conditions() -> [String] {
        var conditions = self.below(3) == 0 ? [Self.methods[self.below(3)]] : []
        for kind in ["h:", "q:", "c:"] where self.below(4) == 0 {
            for name in Set(self.words(2)).sorted() {
                let value =
                    self.below(3) == 0 ? "~^[a\(Self.labels[self.below(3)])]$" : "=" + Self.labels[self.below(3)]
                conditions.append(kind + name + value)
            }
        }
        return conditions
    }

    /// By the letter of the rules: all routes that match, the best of them.
    func reference(_ group: Int, _ request: RandomRequest) -> String? {
        let host = request.host
        guard self.groups.indices.contains(group) else { return nil }
        let takers = self.groups[group].flatMap { listener in
            listener.hostnames.isEmpty
                ? [(0, listener)] : listener.hostnames.compactMap { h in h.rank(host).map { ($0, listener) } }
        }
        guard let listener = takers.max(by: { $0.0 < $1.0 })?.1 else { return nil }
        return self.routes.values.filter { $0.listeners.isEmpty || $0.listeners.contains(listener.name) }
            .flatMap { Standing.all($0, request) }.max { $0.isBelow($1) }?.route.name
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self.numbers) }

    mutating func words(_ most: Int, atLeast least: Int = 0) -> [String] {
        (0..<(least + self.below(most - least + 1))).map { _ in Self.labels[self.below(Self.labels.count)] }
    }

    mutating func hosts(_ most: Int) -> [String] {
        (0..<self.below(most + 1)).map { _ in
            (self.below(2) == 0 ? "*." : "") + self.words(3, atLeast: 1).joined(separator: ".")
        }
    }

    mutating func listenerNames() -> [String] {
        self.below(2) == 0 ? [] : (0...self.below(2)).map { _ in Self.listenerNames[self.below(4)] }
    }

    /// No host twice in a group, as validation has it.
    private mutating func someGroups() throws -> [[RouteListener]] {
        var groups: [[RouteListener]] = [[], [], []]
        for (slot, name) in Self.listenerNames.enumerated() {
            let group = self.below(3)
            let taken = Set(groups[group].flatMap(\.hostnames).map(\.text))
            let hosts = Set(self.hosts(2)).subtracting(taken)
            if hosts.isEmpty, groups[group].contains(where: \.hostnames.isEmpty) { continue }
            groups[group].append(try listener(name, hosts.sorted(), slot: slot))
        }
        return groups
    }
}

private func randomRoute(_ name: String, _ world: inout RandomWorld) throws -> CompiledRoute {
    let matches = (0...world.below(3)).map { _ in
        let path = world.words(3).joined(separator: "/")
        return match(
            ["/", "/", "=/", "~^/", "~/"][world.below(5)] + path, world.below(2) == 0 ? [] : world.conditions())
    }
    return try route(
        name, hosts: world.hosts(3), matches: matches, listeners: world.listenerNames(), order: Int64(world.below(5)))
}

/// A request in parts, some of which name the same thing twice.
private struct RandomRequest {
    let method, host, path: String
    let headers, query, cookies: [(String, String)]

    var test: TestRequest {
        let query = self.query.map { "\($0)=\($1)" }.joined(separator: "&")
        let cookies = self.cookies.map { ("Cookie", "\($0)=\($1)") }
        return TestRequest(
            method: self.method, host: self.host, target: self.path + (query.isEmpty ? "" : "?" + query),
            headers: self.headers.map { ($0.uppercased(), $1) } + cookies)
    }

    func meets(_ condition: RouteMatch.Condition) -> Bool {
        switch condition {
        case .methods(let methods): methods.contains(self.method)
        case .header(let name, let value): Self.meets(value, self.headers, name)
        case .query(let name, let value): Self.meets(value, self.query, name)
        case .cookie(let name, let value): Self.meets(value, self.cookies, name)
        }
    }

    private static func meets(_ value: ValueMatch, _ pairs: [(String, String)], _ name: String) -> Bool {
        guard let given = pairs.first(where: { $0.0 == name })?.1 else { return false }
        switch value {
        case .exact(let text): return given == text
        // `^[ab]$`
        case .regex(let text): return text.dropFirst(2).dropLast(2).contains(given)
        }
    }
}

/// One way in which a route matches a request.
private struct Standing {
    let route: CompiledRoute
    let host: Int
    let path: Int
    /// Methods, headers, query parameters, cookies.
    let conditions: [Int]

    static func all(_ route: CompiledRoute, _ request: RandomRequest) -> [Standing] {
        let hosts = route.hostnames.isEmpty ? [0] : route.hostnames.compactMap { $0.rank(request.host) }
        return hosts.flatMap { host in
            route.matches.compactMap { match in
                guard let path = match.path.rank(request.path), match.conditions.allSatisfy({ request.meets($0) })
                else {
                    return nil
                }
                return Standing(route: route, host: host, path: path, conditions: Self.counts(match.conditions))
            }
        }
    }

    private static func counts(_ conditions: [RouteMatch.Condition]) -> [Int] {
        var counts = [0, 0, 0, 0]
        for condition in conditions {
            switch condition {
            case .methods: counts[0] += 1
            case .header: counts[1] += 1
            case .query: counts[2] += 1
            case .cookie: counts[3] += 1
            }
        }
        return counts
    }

    func isBelow(_ other: Standing) -> Bool {
        if self.host != other.host { return self.host < other.host }
        if self.path != other.path { return self.path < other.path }
        if self.conditions != other.conditions { return self.conditions.lexicographicallyPrecedes(other.conditions) }
        if self.route.order != other.route.order { return self.route.order > other.route.order }
        return self.route.name > other.route.name
    }
}

extension HostPattern {
    fileprivate func rank(_ host: String) -> Int? {
        switch self {
        case .exact(let name): name == host ? 1000 : nil
        case .wildcard(let suffix): host.hasSuffix("." + suffix) ? suffix.utf8.count : nil
        }
    }
}

extension PathMatch {
    fileprivate func rank(_ path: String) -> Int? {
        switch self {
        case .regex(let text):
            // A text without special characters, perhaps anchored at the start.
            let isAnchored = text.hasPrefix("^")
            let wanted = Array(text.utf8.drop { $0 == UInt8(ascii: "^") })
            let starts = isAnchored ? [path.utf8.startIndex] : Array(path.utf8.indices)
            return starts.contains { path.utf8[$0...].starts(with: wanted) } ? 1 : nil
        case .exact(let exact): return exact == path ? 1000 : nil
        case .prefix(let prefix):
            let wanted = prefix.split(separator: "/")
            let given = path.split(separator: "/")
            return given.starts(with: wanted) ? wanted.reduce(0) { $0 + 2 + $1.count } : nil
        }
    }
}
