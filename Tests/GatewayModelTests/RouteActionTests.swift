import GatewayModel
import Testing

@Suite("What becomes of a route's requests")
struct RouteActionTests {
    private func route(_ document: JSON) throws -> Route? {
        guard case .route(let route) = try spec(.route, document) else { return nil }
        return route
    }

    @Test("A share has weight 1, no rules and no rewrite unless it says so")
    func shares() throws {
        let route = try route([
            "forward": [
                ["upstream": "a"], ["upstream": "b", "weight": 0], ["upstream": "b", "weight": 1_000_000],
                [
                    "upstream": "c", "requestHeaders": ["set": ["x-canary": "1"]],
                    "responseHeaders": ["remove": ["Server"]], "rewrite": ["hostname": "C.internal"],
                ],
            ]
        ])
        let shares = route?.forward ?? []
        #expect(shares.map(\.weight) == [1, 0, 1_000_000, 1])
        #expect(shares.prefix(3).allSatisfy { $0.requestHeaders.isEmpty && $0.responseHeaders.isEmpty })
        #expect(shares.last?.requestHeaders.set == [HeaderRules.Field("x-canary", "1")])
        #expect(shares.last?.responseHeaders.remove == ["server"])
        #expect(shares.last?.rewrite?.hostname == "c.internal" && shares.first?.rewrite == nil)
        #expect(route?.upstreams.map(\.pointer) == (0...3).map { "/forward/\($0)/upstream" })
    }

    @Test("Fields are set and added by name, the latter more than once, and removed in lower case")
    func headerRules() throws {
        let document: JSON = [
            "set": ["X-A": "1", "X-B": ""], "add": ["X-C": ["1", "2"], "x-d": "3"], "remove": ["X-E"],
        ]
        let route = try route([
            "forward": [["upstream": "a"]], "requestHeaders": document, "responseHeaders": document,
        ])
        for rules in [route?.requestHeaders, route?.responseHeaders] {
            #expect(rules?.set == [HeaderRules.Field("X-A", "1"), HeaderRules.Field("X-B", "")])
            #expect(
                rules?.add == [
                    HeaderRules.Field("X-C", "1"), HeaderRules.Field("X-C", "2"), HeaderRules.Field("x-d", "3"),
                ])
            #expect(rules?.remove == ["x-e"])
        }
    }

    private static let wrongRules: [(JSON, [String])] = [
        (["set": ["a b": "1"]], ["/requestHeaders/set/a b format"]),
        (["set": ["x-a": ["1"]]], ["/requestHeaders/set/x-a type"]),
        (["set": ["x-a": "1", "X-A": "2"]], ["/requestHeaders/set/X-A duplicate"]),
        (["set": ["x-a": " 1"]], ["/requestHeaders/set/x-a format"]),
        (["set": ["x-a": "1\t"]], ["/requestHeaders/set/x-a format"]),
        (["add": ["x-a": "1\r\nx-b: 2"]], ["/requestHeaders/add/x-a format"]),
        (["add": ["x-a": ["1", 2]]], ["/requestHeaders/add/x-a/1 type"]),
        (["add": [["x-a": "1"]]], ["/requestHeaders/add type"]),
        (["remove": ["x-a", "X-A"]], ["/requestHeaders/remove/1 duplicate"]),
        (["remove": ["Connection"]], ["/requestHeaders/remove/0 conflict"]),
        (["replace": ["x-a": "1"]], ["/requestHeaders/replace unknown-field"]),
    ]

    @Test("What is no rule for fields", arguments: wrongRules)
    func refusedRules(_ rules: JSON, _ expected: [String]) {
        #expect(faults(.route, ["forward": [["upstream": "a"]], "requestHeaders": rules]) == expected)
    }

    @Test(
        "Framing, Host and hop-by-hop fields cannot be touched",
        arguments: [
            "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade",
            "TE", "Trailer",
        ])
    func keptFields(_ name: String) {
        for rules: JSON in [
            .object(["set": .object([name: "1"])]), .object(["add": .object([name: "1"])]),
            .object(["remove": .array([.string(name)])]),
        ] {
            for field in ["requestHeaders", "responseHeaders"] {
                let document: JSON = .object(["forward": [["upstream": "a"]], field: rules])
                #expect(faults(.route, document).map { $0.hasSuffix(" conflict") } == [true])
            }
        }
    }

    private static let rewrites: [(JSON, String?, PathRewrite?)] = [
        (["hostname": "orders.internal"], "orders.internal", nil),
        (["hostname": "[::1]"], "[::1]", nil),
        (["path": ["replaceFull": "/x"]], nil, .replaceFull("/x")),
        (["path": ["replacePrefix": ""]], nil, .replacePrefix("")),
        (["path": ["replacePrefix": "/x/"]], nil, .replacePrefix("/x/")),
        (["path": ["regex": "^/a/(.*)", "substitution": "/$1"]], nil, .regex("^/a/(.*)", substitution: "/$1")),
        (["path": ["regex": "x", "substitution": ""]], nil, .regex("x", substitution: "")),
    ]

    @Test("Rewrites of a route and of a share", arguments: rewrites)
    func readRewrites(_ document: JSON, _ hostname: String?, _ path: PathRewrite?) throws {
        let ofRoute = try route(["forward": [["upstream": "a"]], "rewrite": document])?.rewrite
        let ofShare = try route(["forward": [["upstream": "a", "rewrite": document]]])?.forward.first?.rewrite
        for rewrite in [ofRoute, ofShare] {
            #expect(rewrite?.hostname == hostname && rewrite?.path == path)
        }
    }

    private static let wrongRewrites: [(JSON, [String])] = [
        (["hostname": "*.internal"], ["/rewrite/hostname format"]),
        (["hostname": "a:80"], ["/rewrite/hostname format"]),
        (["path": [:]], ["/rewrite/path required"]),
        (["path": ["replaceFull": "/a", "replacePrefix": "/b"]], ["/rewrite/path conflict"]),
        (["path": ["replaceFull": ""]], ["/rewrite/path/replaceFull format"]),
        (["path": ["replaceFull": "/a?b=c"]], ["/rewrite/path/replaceFull format"]),
        (["path": ["replacePrefix": "a"]], ["/rewrite/path/replacePrefix format"]),
        (["path": ["replacePrefix": "/ä"]], ["/rewrite/path/replacePrefix format"]),
        (["path": ["regex": "a"]], ["/rewrite/path required"]),
        (["path": ["replaceFull": "/a", "substitution": "b"]], ["/rewrite/path required"]),
        (["path": ["regex": "a", "substitution": "b c"]], ["/rewrite/path/substitution format"]),
        (["scheme": "https"], ["/rewrite/scheme unknown-field"]),
    ]

    @Test("What is no rewrite", arguments: wrongRewrites)
    func refusedRewrites(_ rewrite: JSON, _ expected: [String]) {
        #expect(faults(.route, ["forward": [["upstream": "a"]], "rewrite": rewrite]) == expected)
    }

    @Test("A redirect is 302 and keeps what it does not name")
    func redirects() throws {
        let short = try route(["redirect": ["scheme": "https"]])
        guard case .redirect(let secure)? = short?.action else {
            Issue.record("no redirect")
            return
        }
        #expect(secure.scheme == "https" && secure.status == 302)
        #expect(secure.hostname == nil && secure.port == nil && secure.path == nil)
        #expect(short?.forward.isEmpty == true && short?.upstreams.isEmpty == true)
    }

    @Test("Every setting of a redirect is read")
    func wholeRedirect() throws {
        let route = try route([
            "redirect": [
                "scheme": "http", "hostname": "New.example", "port": 8080, "path": ["replacePrefix": "/x"],
                "status": 308,
            ]
        ])
        guard case .redirect(let redirect)? = route?.action else {
            Issue.record("no redirect")
            return
        }
        #expect(redirect.scheme == "http" && redirect.hostname == "new.example" && redirect.port == 8080)
        #expect(redirect.path == .replacePrefix("/x") && redirect.status == 308)
    }

    @Test("An answer of the gateway is an empty 200 of plain text unless it says otherwise")
    func responses() throws {
        guard case .respond(let short)? = try route(["respond": [:]])?.action,
            case .respond(let full)? = try route([
                "respond": [
                    "status": 404, "contentType": "application/json", "body": "{}", "headers": ["x-a": ["1", "2"]],
                ]
            ])?.action
        else {
            Issue.record("no answer")
            return
        }
        #expect(short.status == 200 && short.contentType == "text/plain; charset=utf-8")
        #expect(short.body.isEmpty && short.headers.isEmpty)
        #expect(full.status == 404 && full.contentType == "application/json" && full.body == "{}")
        #expect(full.headers == [HeaderRules.Field("x-a", "1"), HeaderRules.Field("x-a", "2")])
    }

    private static let wrongActions: [(JSON, [String])] = [
        ([:], ["/forward required"]),
        (["forward": []], ["/forward range"]),
        (["forward": [["upstream": "A"]]], ["/forward/0/upstream format"]),
        (["forward": [["upstream": "a", "weight": 1_000_001]]], ["/forward/0/weight range"]),
        (["forward": [["upstream": "a", "weight": 0.5]]], ["/forward/0/weight type"]),
        (["forward": [["upstream": "a", "mirror": []]]], ["/forward/0/mirror unknown-field"]),
        (["forward": [["upstream": "a"]], "respond": [:]], [" conflict"]),
        (["redirect": ["port": 1], "respond": [:]], [" conflict"]),
        (["redirect": [:]], ["/redirect required"]),
        (["redirect": ["status": 301]], ["/redirect required"]),
        (["redirect": ["port": 1, "status": 304]], ["/redirect/status range"]),
        (["redirect": ["port": 0]], ["/redirect/port range"]),
        (["redirect": ["scheme": "ftp"]], ["/redirect/scheme format"]),
        (["redirect": ["hostname": "*.a"]], ["/redirect/hostname format"]),
        (["redirect": ["path": ["replaceFull": "x"]]], ["/redirect/path/replaceFull format"]),
        (
            ["redirect": ["path": ["regex": "a", "substitution": "b"]]],
            [
                "/redirect/path required", "/redirect/path/regex unknown-field",
                "/redirect/path/substitution unknown-field",
            ]
        ),
        (["respond": ["status": 199]], ["/respond/status range"]),
        (["respond": ["status": 600]], ["/respond/status range"]),
        (["respond": ["status": 204, "body": "x"]], ["/respond/body conflict"]),
        (["respond": ["status": 304, "body": "x"]], ["/respond/body conflict"]),
        (["respond": ["contentType": "a\nb"]], ["/respond/contentType format"]),
        (["respond": ["headers": ["Content-Length": "1"]]], ["/respond/headers/Content-Length conflict"]),
        (["respond": ["headers": ["Content-Type": "a/b"]]], ["/respond/headers/Content-Type conflict"]),
    ]

    @Test("What is no action", arguments: wrongActions)
    func refusedActions(_ document: JSON, _ expected: [String]) {
        #expect(faults(.route, document) == expected)
    }

    @Test("A body of the gateway has at most 64 KiB", arguments: [(65536, true), (65537, false)])
    func longBody(_ length: Int, _ isAccepted: Bool) {
        let body = JSON.string(String(repeating: "a", count: length))
        #expect(faults(.route, ["respond": ["body": body]]) == (isAccepted ? [] : ["/respond/body range"]))
    }
}
