import GatewayModel
import Testing

@Suite("Resources")
struct ResourceTests {
    private func faults(_ kind: ResourceKind, _ document: JSON, name: String? = nil) -> [String] {
        do {
            _ = try Resource(kind: kind, name: name, document: document)
            return []
        } catch {
            return error.faults.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test("A short route takes every default")
    func shortRoute() throws {
        let resource = try Resource(kind: .route, name: "hello", document: ["forward": [["upstream": "api"]]])
        guard case .route(let route) = resource.spec else {
            Issue.record("not a route")
            return
        }
        #expect(route.matches == [RouteMatch(path: .prefix("/"))])
        #expect(route.timeouts == RouteTimeouts())
        #expect(resource.document == ["name": "hello", "forward": [["upstream": "api"]]])
    }

    @Test("All faults are reported at once, each with its pointer")
    func allAtOnce() {
        let document: JSON = [
            "name": "Bad_Name", "hostnames": ["ok.example", "-bad"], "matchs": [], "retry": ["attempts": 11],
            "matches": [
                ["path": ["exact": "/a", "prefix": "/b"]], ["path": ["prefix": "no-slash"], "methods": ["get"]],
            ],
            "forward": [["weight": -1]], "timeouts": ["request": "soon"],
        ]
        #expect(
            Set(faults(.route, document)) == [
                "/name format", "/hostnames/1 format", "/matchs unknown-field", "/retry/attempts range",
                "/matches/0/path conflict", "/matches/1/path/prefix format", "/matches/1/methods/0 format",
                "/forward/0/upstream required", "/forward/0/weight range",
                "/timeouts/request format",
            ])
    }

    @Test("An unknown field names its neighbour")
    func hint() {
        do {
            _ = try Resource(kind: .upstream, name: "a", document: ["endpoint": []])
        } catch {
            #expect(error.faults.contains { $0.hint == "did you mean endpoints?" })
        }
    }

    /// A document, and its one fault.
    private static let later: [(ResourceKind, JSON, String)] = [
        (.trafficPolicy, ["type": "waf", "waf": ["responseBody": true]], "/waf/responseBody unsupported"),
        (
            .upstream, ["endpoints": [["address": "::1", "port": 1]], "sessionPersistence": ["type": "header"]],
            "/sessionPersistence/type unsupported"
        ),
    ]

    @Test("What a later version will have is refused, never ignored", arguments: later)
    func unsupported(_ kind: ResourceKind, _ document: JSON, _ expected: String) {
        #expect(faults(kind, document, name: "x") == [expected])
    }

    @Test("A list says each thing once, whatever its case")
    func duplicates() {
        let document: JSON = [
            "forward": [["upstream": "a"]], "hostnames": ["a.example", "A.example", "b.example"],
            "listeners": ["web", "web"],
        ]
        #expect(faults(.route, document, name: "x") == ["/listeners/1 duplicate", "/hostnames/1 duplicate"])
    }

    @Test(
        "A kind that is missing, wrong or unknown",
        arguments: [
            (JSON?.none, "required"), (.some(5), "type"), (.some("rout"), "format"),
        ])
    func kinds(_ kind: JSON?, _ code: String) {
        var object: JSONObject = ["name": "a"]
        object["kind"] = kind
        #expect(throws: Faults.self) { try Resource(document: .object(object)) }
        do { _ = try Resource(document: .object(object)) } catch {
            #expect(error.faults.map { "\($0.pointer) \($0.code)" } == ["/kind \(code)"])
        }
    }

    @Test("What says the same as leaving it out is accepted")
    func harmless() {
        let listener: JSON = [
            "port": 80, "protocol": "http", "tls": nil, "proxyProtocol": "off", "policies": [], "publicPort": nil,
            "clientAddress": ["source": "peer", "header": nil],
        ]
        #expect(faults(.listener, listener, name: "x").isEmpty)
        #expect(faults(.route, ["forward": [["upstream": "a"]], "inherit": true], name: "x").isEmpty)
    }

    @Test("Path and document must agree on the name")
    func names() {
        let document: JSON = ["name": "b", "forward": [["upstream": "u"]]]
        #expect(faults(.route, document, name: "a") == ["/name conflict"])
        #expect(faults(.route, document).isEmpty)
        #expect(faults(.route, ["forward": [["upstream": "u"]]]) == ["/name required"])
    }

    @Test("The order of fields in a body does not make another document")
    func order() throws {
        let one = try Resource(
            kind: .route, name: nil, document: ["forward": [["upstream": "u"]], "name": "a", "kind": "route"])
        let two = try Resource(kind: .route, name: "a", document: ["forward": [["upstream": "u"]], "description": nil])
        #expect(one.document.text() == two.document.text())
    }

    @Test(
        "Durations", arguments: [("250ms", 250), ("10s", 10_000), ("1h30m", 5_400_000), ("0s", 0), ("1m1s1ms", 61_001)])
    func durations(_ text: String, _ expected: UInt64) throws {
        let document: JSON = ["forward": [["upstream": "u"]], "timeouts": ["request": .string(text)]]
        guard case .route(let route) = try Resource(kind: .route, name: "a", document: document).spec else { return }
        #expect(route.timeouts.request == expected)
    }

    @Test(
        "What is no duration", arguments: ["", "10", "s", "-1s", "1.5s", "1s1m", "1s1s", "9999999999999s", "1d", " 1s"])
    func notDurations(_ text: String) {
        let document: JSON = ["forward": [["upstream": "u"]], "timeouts": ["request": .string(text)]]
        #expect(faults(.route, document, name: "a") == ["/timeouts/request format"])
    }

    @Test(
        "Addresses",
        arguments: [
            ("127.0.0.1", true), ("::", true), ("::1", true), ("fe80::1:2", true), ("1:2:3:4:5:6:7:8", true),
            ("::ffff:1.2.3.4", true), ("1.2.3", false), ("256.1.1.1", false), ("01.1.1.1", false), ("1::2::3", false),
            ("1:2:3:4:5:6:7", false), ("1:2:3:4:5:6:7:8:9", false), ("12345::", false), ("localhost", false),
            ("[::1]", false), ("::1%eth0", false), ("", false), (":::", false), ("1:2:3:4:5:6:7:8::", false),
        ])
    func addresses(_ text: String, _ isAddress: Bool) {
        #expect((IPAddress(text) != nil) == isAddress)
    }

    @Test(
        "Host patterns",
        arguments: [
            ("Shop.Example.com", "shop.example.com"), ("*.example.com", "*.example.com"), ("localhost", "localhost"),
            ("10.0.0.1", "10.0.0.1"), ("[::1]", "[::1]"), ("*", nil), ("*.*.a", nil), ("a..b", nil), ("a.", nil),
            ("-a.b", nil), ("a_b", nil), ("a:80", nil), ("", nil), ("*a.b", nil),
        ])
    func hosts(_ text: String, _ expected: String?) {
        #expect(HostPattern(text)?.text == expected)
    }

    @Test("Prefixes lose their last slash; exact paths keep it")
    func slashes() throws {
        let document: JSON = [
            "forward": [["upstream": "u"]],
            "matches": [["path": ["prefix": "/a/"]], ["path": ["prefix": "/"]], ["path": ["exact": "/a/"]]],
        ]
        guard case .route(let route) = try Resource(kind: .route, name: "a", document: document).spec else { return }
        #expect(route.matches.map(\.path) == [.prefix("/a"), .prefix("/"), .exact("/a/")])
    }

    @Test(
        "Paths that a normalised request can have",
        arguments: ["/", "/a", "/a/", "/a.b/..c/...", "/%C3%A4", "/%20", "/a%3Bb", "/*", "/a:b@c,d=e&f$g!'()+"])
    func paths(_ path: String) {
        #expect(faults(.route, Self.route(path), name: "a").isEmpty)
    }

    @Test(
        "Paths that no request can have are refused",
        arguments: [
            "", "a", "//", "/a//b", "/.", "/a/./b", "/a/..", "/..", "/a;x=1", "/;", "/a?b", "/a#b", "/a b", "/ä",
            "/a\\b",
            "/%", "/%4", "/%zz", "/%41", "/%7E", "/%2F", "/%5c", "/%00", "/a\u{7F}",
        ])
    func impossiblePaths(_ path: String) {
        #expect(faults(.route, Self.route(path), name: "a") == ["/matches/0/path/exact format"])
    }

    private static func route(_ path: String) -> JSON {
        ["forward": [["upstream": "u"]], "matches": [["path": ["exact": .string(path)]]]]
    }
}
