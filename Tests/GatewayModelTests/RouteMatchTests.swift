import GatewayModel
import Testing

@Suite("Conditions of routes")
struct RouteMatchTests {
    private func matches(_ document: JSON) throws -> [RouteMatch] {
        guard case .route(let route) = try spec(.route, ["forward": [["upstream": "u"]], "matches": document]) else {
            return []
        }
        return route.matches
    }

    private func refused(_ match: JSON) -> [String] {
        faults(.route, ["forward": [["upstream": "u"]], "matches": [match]])
    }

    @Test("No match, and a match without a path, take every path")
    func everyPath() throws {
        #expect(try matches([]) == [RouteMatch(path: .prefix("/"))])
        #expect(try matches([[:]]) == [RouteMatch(path: .prefix("/"))])
        #expect(
            try matches([["methods": ["GET"]]]) == [RouteMatch(path: .prefix("/"), conditions: [.methods(["GET"])])])
    }

    @Test("All that one match may say, in order: methods, headers, query, cookies")
    func everything() throws {
        let document: JSON = [
            [
                "cookies": [["name": "Group", "exact": "b"]], "query": [["name": "beta", "exact": ""]],
                "headers": [["name": "X-Env", "exact": "canary"], ["name": "x-build", "regex": "^2\\."]],
                "methods": ["GET", "POST"], "path": ["regex": "^/v[0-9]+/"],
            ]
        ]
        #expect(
            try matches(document) == [
                RouteMatch(
                    path: .regex("^/v[0-9]+/"),
                    conditions: [
                        .methods(["GET", "POST"]), .header("x-env", .exact("canary")),
                        .header("x-build", .regex("^2\\.")), .query("beta", .exact("")), .cookie("Group", .exact("b")),
                    ])
            ])
    }

    @Test("Of conditions on the same name the first counts; fields ignore case, parameters and cookies do not")
    func sameName() throws {
        let document: JSON = [
            [
                "headers": [["name": "x-a", "exact": "1"], ["name": "X-A", "exact": "2"]],
                "query": [["name": "a", "exact": "1"], ["name": "A", "exact": "2"], ["name": "a", "exact": "3"]],
                "cookies": [["name": "a", "exact": "1"], ["name": "A", "exact": "2"]],
            ]
        ]
        #expect(
            try matches(document).first?.conditions == [
                .header("x-a", .exact("1")), .query("a", .exact("1")), .query("A", .exact("2")),
                .cookie("a", .exact("1")), .cookie("A", .exact("2")),
            ])
    }

    private static let wrong: [(JSON, [String])] = [
        (["path": ["exact": "/a", "regex": "b"]], ["/matches/0/path conflict"]),
        (["path": [:]], ["/matches/0/path required"]),
        (["path": ["regex": ""]], ["/matches/0/path/regex range"]),
        (["path": "/a"], ["/matches/0/path type"]),
        (["methods": ["get"]], ["/matches/0/methods/0 format"]),
        (["methods": ["GET", "GET"]], ["/matches/0/methods/1 duplicate"]),
        (["methods": ["CONNECT"]], ["/matches/0/methods/0 format"]),
        (["methods": ["TRACE"]], ["/matches/0/methods/0 format"]),
        (["methods": "GET"], ["/matches/0/methods type"]),
        (["headers": [["name": "a"]]], ["/matches/0/headers/0 required"]),
        (["headers": [["exact": "a"]]], ["/matches/0/headers/0/name required"]),
        (["headers": [["name": "a b", "exact": "a"]]], ["/matches/0/headers/0/name format"]),
        (["headers": [["name": "a", "exact": "b", "regex": "b"]]], ["/matches/0/headers/0 conflict"]),
        (["headers": [["name": "a", "exact": 1]]], ["/matches/0/headers/0/exact type"]),
        (
            ["headers": [["name": "a", "value": "b"]]],
            ["/matches/0/headers/0 required", "/matches/0/headers/0/value unknown-field"]
        ),
        (["query": [["name": "", "exact": "a"]]], ["/matches/0/query/0/name range"]),
        (["query": [["name": "a", "regex": ""]]], ["/matches/0/query/0/regex range"]),
        (["cookies": [["name": "a=b", "exact": "a"]]], ["/matches/0/cookies/0/name format"]),
        (["host": "a"], ["/matches/0/host unknown-field"]),
    ]

    @Test("What is no condition", arguments: wrong)
    func refusedMatches(_ match: JSON, _ expected: [String]) {
        #expect(refused(match) == expected)
    }

    @Test("At most 16 conditions of one sort", arguments: ["headers", "query", "cookies"])
    func atMost(_ field: String) {
        func match(_ count: Int) -> JSON {
            let list = (0..<count).map { JSON.object(["name": .string("n\($0)"), "exact": "a"]) }
            return .object([field: .array(list)])
        }
        #expect(refused(match(16)).isEmpty)
        #expect(refused(match(17)) == ["/matches/0/\(field) range"])
    }

    @Test("A pattern has at most 1024 bytes", arguments: [(1024, true), (1025, false)])
    func longPattern(_ length: Int, _ isAccepted: Bool) {
        let pattern = JSON.string(String(repeating: "a", count: length))
        #expect(refused(["path": ["regex": pattern]]) == (isAccepted ? [] : ["/matches/0/path/regex range"]))
    }
}
