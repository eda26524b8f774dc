import GatewayModel
import Testing

import Routing

@Suite("Which of several matches takes a request")
struct PrecedenceTests {
    private static let full = TestRequest(
        method: "GET", target: "/a/b?q1=1&q2=1", headers: [("h1", "1"), ("h2", "1"), ("cookie", "c1=1; c2=1")])

    /// Each match is preferred to the next one, all of which take the request; the later in the list the older the route.
    @Test(
        "The order of precedence",
        arguments: [
            ["=/a/b", "/a/b", "/a", "~/a", "/"].map { ($0, []) },
            [("/", ["GET"]), ("/", ["h:h1=1", "h:h2=1", "q:q1=1", "q:q2=1", "c:c1=1", "c:c2=1"])],
            [("/", ["h:h1=1", "h:h2=1"]), ("/", ["h:h1=1", "q:q1=1", "q:q2=1"])],
            [("/", ["h:h1=1"]), ("/", ["q:q1=1", "q:q2=1", "c:c1=1"]), ("/", ["q:q1=1", "c:c1=1", "c:c2=1"])],
            [("/", ["q:q1=1"]), ("/", ["c:c1=1", "c:c2=1"]), ("/", ["c:c1=1"]), ("/", [])],
            [
                ("/a/b", []), ("/a", ["GET", "h:h1=1"]), ("~^/a/b$", ["GET", "h:h1=1", "h:h2=1"]),
                ("/", ["GET", "h:h1=1"]),
            ],
            [
                ("~a", ["GET"]), ("~^/a/b$", ["h:h1=1", "h:h2=1"]), ("~^/a/b$", ["h:h1=1"]), ("~b", ["q:q1=1"]),
                ("~b", []),
            ],
            [("=/a/b", ["c:c1=1"]), ("=/a/b", []), ("/a/b", ["GET"]), ("/a/b/", [])],
            [("/", ["GET", "h:h1~1"]), ("/", ["GET", "q:q1=1"]), ("/", ["GET", "c:c1~1"]), ("/", ["GET"])],
        ] as [[(String, [String])]])
    func order(_ matches: [(String, [String])]) throws {
        var routes = try matches.enumerated().map { index, entry in
            try route("r\(index)", matches: [match(entry.0, entry.1)], order: Int64(100 - index))
        }
        while let first = routes.first {
            let table = try table(routes.reversed())
            #expect(try table.name(Self.full) == first.name)
            let explanation = try Self.full.with { table.explain(group: 0, host: "h", $0) }
            #expect(explanation.candidates.map(\.route.name) == routes.map(\.name))
            #expect(explanation.candidates.allSatisfy { $0.failed == nil })
            routes.removeFirst()
        }
    }

    @Test(
        "Of equals the older route, then the name; how long a regular expression is does not count",
        arguments: ["=/a/b", "/a", "/", "~^/a/b$"], [[], ["GET"], ["h:h1=1"], ["q:q1=1"], ["c:c1=1"]])
    func ties(path: String, conditions: [String]) throws {
        let matches = [match(path, conditions)]
        let same = try table([
            route("b", matches: matches, order: 2), route("c", matches: matches, order: 1),
            route("a", matches: matches, order: 2),
        ])
        #expect(try same.name(Self.full) == "c")
        same.change([], removes: ["c"])
        #expect(try same.name(Self.full) == "a")
        let patterns = try table([
            route("young", paths: ["~^/a/b[/]?$"], order: 2), route("old", paths: ["~/"], order: 1),
        ])
        #expect(try patterns.name(Self.full) == "old")
    }

    @Test("Shorter prefixes and less specific hosts are tried when the best path's conditions fail")
    func fallsBack() throws {
        let table = try table([
            route("exact", hosts: ["x.y"], matches: [match("=/a/b", ["POST"])]),
            route("long", hosts: ["x.y"], matches: [match("/a/b", ["h:x=1"])]),
            route("short", hosts: ["x.y"], matches: [match("/a", ["q:x=1"])]),
            route("pattern", hosts: ["x.y"], matches: [match("~^/a", ["c:x=1"])]),
            route("root", hosts: ["x.y"], matches: [match("/", ["PUT"])]),
            route("wild", hosts: ["*.y"], matches: [match("/a", ["PATCH"])]), route("any"),
        ])
        let requests = [
            ("exact", "POST", "/a/b", []), ("long", "GET", "/a/b", [("x", "1")]), ("short", "GET", "/a/b?x=1", []),
            ("pattern", "GET", "/a/b", [("cookie", "x=1")]), ("root", "PUT", "/a/b", []), ("wild", "PATCH", "/a/b", []),
            ("any", "GET", "/a/b", []),
        ]
        for (name, method, target, headers) in requests {
            #expect(try table.name(TestRequest(method: method, host: "x.y", target: target, headers: headers)) == name)
        }
    }

    @Test("An exact / is an exact path, before regular expressions")
    func exactRoot() throws {
        let table = try table([route("root"), route("pattern", paths: ["~^/$"]), route("exact", paths: ["=/"])])
        #expect(try table.name(TestRequest()) == "exact")
        table.change([], removes: ["exact"])
        #expect(try table.name(TestRequest()) == "pattern")
    }

    @Test("An older route with conditions hides none without them, and the other way round")
    func shadowing() throws {
        let table = try table([
            route("conditional", matches: [match("/", ["GET"])], order: 1), route("plain", order: 2),
            route("late", matches: [match("/", ["POST"])], order: 3), route("never", order: 4),
        ])
        #expect(try table.name(TestRequest()) == "conditional")
        #expect(try table.name(TestRequest(method: "PUT")) == "plain")
        #expect(try table.name(TestRequest(method: "POST")) == "late")
        table.change([], removes: ["plain"])
        #expect(try table.name(TestRequest(method: "PUT")) == "never")
    }

    @Test("An explanation names the first condition that failed, in the order of the document")
    func explains() throws {
        let cases = [
            (["POST", "h:x=1"], "method"), (["GET", "h:x=1", "q:y=1"], "header x"), (["h:h1=1", "q:y~1"], "query y"),
            (["h:h1=1", "q:q1=1", "c:z=1"], "cookie z"), (["h:h1~2", "h:x=1"], "header h1"),
        ]
        for (conditions, failed) in cases {
            let table = try table([route("r", matches: [match("/a", conditions)])])
            let explanation = try Self.full.with { table.explain(group: 0, host: "h", $0) }
            #expect(explanation.candidates.map { $0.failed?.description } == [failed])
            #expect(explanation.taken == nil)
        }
        let table = try table([route("r", matches: [match("~^/x", ["POST"])])])
        #expect(try Self.full.with { table.explain(group: 0, host: "h", $0) }.candidates.map(\.failed) == [.path])
    }
}
