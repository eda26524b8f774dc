import GatewayModel
import Routing
import Testing

@Suite("Preflights against the requests that they announce")
struct PreflightTests {
    @Test("Who answers is who would take the request, in one of the worlds that are possible", arguments: 1...80)
    func agrees(seed: Int) throws {
        var world = PreflightWorld(seed: UInt64(seed))
        let routes = try (0..<(1 + world.below(8))).map { try world.route("r\($0)") }
        let table = RouteTable()
        table.change(routes, groups: [[try listener("l")]], replacesAll: true)
        let policies = Set(routes.map(\.name).filter { _ in world.below(2) == 0 })
        for _ in 0..<20 {
            let question = world.question()
            let takers = try question.worlds.map { try table.name($0) }
            let found = try table.answerer(question, policies)
            let readable = Set(takers.compactMap(\.self)).intersection(policies)
            if !readable.isEmpty {
                #expect(readable.contains(found), "\(question) \(readable)")
            } else if !takers.contains(nil) {
                #expect(found == "nobody", "\(question)")
            } else {
                let others = routes.filter { policies.contains($0.name) && $0.isThere(for: question) }.map(\.name)
                #expect(others.isEmpty ? found == "listener" : others.contains(found), "\(question) \(others)")
            }
        }
    }

    @Test("A route that asks for a field takes only what announces it; what browsers write themselves may come")
    func fields() throws {
        let table = RouteTable()
        let routes = [
            try route("custom", matches: [match("/a", ["h:x-a=1"])]), try route("any", paths: ["/"]),
            try route("typed", matches: [match("/t", ["h:content-type=text/plain"])]),
            try route("page", matches: [match("/p", ["h:origin=https://app.example"])]),
            try route("other", matches: [match("/o", ["h:origin=https://other.example"])]),
            try route("cookie", matches: [match("/c", ["c:id=1"])]),
        ]
        table.change(routes, groups: [[try listener("l")]], replacesAll: true)
        let all = Set(routes.map(\.name))
        let expected = [
            ("/a", "x-b, X-A", "custom"), ("/a", "x-b", "any"), ("/t", nil, "typed"), ("/p", nil, "page"),
            ("/o", nil, "any"), ("/c", nil, "cookie"),
        ]
        for (path, headers, name) in expected {
            let question = PreflightQuestion(method: "PUT", path: path, query: "", headers: headers)
            #expect(try table.answerer(question, all) == name)
        }
        // What takes it for certain decides, with or without a policy; what only might is passed over without one.
        let custom = PreflightQuestion(method: "PUT", path: "/a", query: "", headers: "x-a")
        #expect(try table.answerer(custom, ["any"]) == "any")
        #expect(try table.answerer(custom, ["cookie"]) == "nobody")
    }

    @Test("An OPTIONS request that announces nothing is none")
    func plain() throws {
        let isPreflight = try TestRequest(method: "OPTIONS").with { PreflightRequest($0) != nil }
        #expect(!isPreflight)
    }
}

/// A request that a page announces.
private struct PreflightQuestion {
    let method, path, query: String
    let headers: String?

    /// The preflight itself.
    var test: TestRequest {
        let list = self.headers.map { [("Access-Control-Request-Headers", $0)] } ?? []
        let announced = [("Origin", "https://app.example"), ("Access-Control-Request-Method", self.method)]
        return TestRequest(method: "OPTIONS", target: self.path + self.query, headers: announced + list)
    }

    /// All requests that may come: each field that is announced, and the cookie, with each value or not at all.
    var worlds: [TestRequest] {
        var sets: [[(String, String)]] = [[]]
        let names = self.headers.map { $0.split(separator: ",").map(String.init) } ?? []
        for name in names + ["Cookie"] {
            let values = name == "Cookie" ? ["c=a", "c=b"] : ["a", "b"]
            sets += sets.flatMap { set in values.map { set + [(name, $0)] } }
        }
        return sets.map { TestRequest(method: self.method, target: self.path + self.query, headers: $0) }
    }
}

/// Few names, so that they meet often.
private struct PreflightWorld {
    private var numbers: SeededNumbers

    init(seed: UInt64) { self.numbers = SeededNumbers(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self.numbers) }

    mutating func route(_ name: String) throws -> CompiledRoute {
        let matches = (0...self.below(2)).map { _ in
            let path = ["/", "/p", "/p/q", "=/p", "=/p/q"][self.below(5)]
            return match(path, self.conditions())
        }
        let order = Int64(self.below(4))
        return try RoutingTests.route(name, hosts: [[], ["h"]][self.below(2)], matches: matches, order: order)
    }

    /// No name twice, so that none of them excludes another.
    private mutating func conditions() -> [String] {
        let some = ["GET", "PUT", "h:x-a=a", "h:x-a=b", "h:x-b=a", "q:q=a", "c:c=a", "c:c=b"]
        var names: Set<String> = []
        return (0..<self.below(4)).compactMap { _ in
            let condition = some[self.below(some.count)]
            return names.insert(String(condition.prefix { $0 != "=" })).inserted ? condition : nil
        }
    }

    mutating func question() -> PreflightQuestion {
        PreflightQuestion(
            method: ["GET", "PUT", "DELETE"][self.below(3)], path: ["/", "/p", "/p/q", "/p/q/r"][self.below(4)],
            query: ["", "?q=a", "?q=b"][self.below(3)], headers: [nil, "x-a", "x-b", "x-a,x-b"][self.below(4)])
    }
}

extension RouteTable {
    /// The name of the route, `listener` or `nobody`.
    fileprivate func answerer(_ question: PreflightQuestion, _ policies: Set<String>) throws -> String {
        var host = "h"
        return try question.test.with { request in
            guard let preflight = PreflightRequest(request) else { return "no preflight" }
            return host.withUTF8 {
                let found = self.find(group: 0, host: UnsafeRawBufferPointer($0), preflight) { route in
                    route._withUnsafeGuaranteedRef { policies.contains($0.name) }
                }
                switch found {
                case .nobody: return "nobody"
                case .listener: return "listener"
                case .route(let route): return route._withUnsafeGuaranteedRef { $0.name }
                }
            }
        }
    }
}

extension CompiledRoute {
    fileprivate func isThere(for question: PreflightQuestion) -> Bool {
        self.matches.contains { match in
            switch match.path {
            case .exact(let path): path == question.path
            case .prefix(let path): path == "/" || question.path == path || question.path.hasPrefix(path + "/")
            case .regex: false
            }
        }
    }
}
