import AccessControl
import GatewayModel
import Testing

@Suite("Authorization")
struct AuthorizationTests {
    private static func policy(_ action: String, _ when: JSON, default fallback: String? = nil) -> JSON {
        let other = action == "allow" ? "deny" : "allow"
        return [
            "rules": [["name": "one", "action": .string(action), "when": when]], "default": .string(fallback ?? other),
        ]
    }

    private static let conditions: [(JSON, TestRequest, Bool)] = [
        ([:], TestRequest(), true),
        (["methods": ["GET", "PUT"]], TestRequest("PUT"), true),
        (["methods": ["GET", "PUT"]], TestRequest("POST"), false),
        (["methods": ["GET"]], TestRequest("HEAD"), false),
        (["methods": ["GET"]], TestRequest("get"), false),
        (["paths": [["prefix": "/admin"]]], TestRequest("GET", "/admin/x"), true),
        (["paths": [["prefix": "/admin"]]], TestRequest("GET", "/admin"), true),
        (["paths": [["prefix": "/admin"]]], TestRequest("GET", "/administration"), false),
        (["paths": [["prefix": "/admin/"]]], TestRequest("GET", "/admin"), true),
        (["paths": [["exact": "/a"], ["exact": "/b"]]], TestRequest("GET", "/b"), true),
        (["paths": [["exact": "/a"]]], TestRequest("GET", "/a/"), false),
        (["paths": [["regex": "^/v[0-9]+/"]]], TestRequest("GET", "/v2/x"), true),
        (["paths": [["regex": "^/v[0-9]+/"]]], TestRequest("GET", "/w/v2/x"), false),
        (["cidrs": ["192.0.2.0/24"]], TestRequest(client: "192.0.2.5"), true),
        (["cidrs": ["192.0.2.0/24"]], TestRequest(client: "192.0.3.5"), false),
        (["headers": [["name": "X-A", "exact": "1"]]], TestRequest("GET", "/", [("x-a", "1")]), true),
        (["headers": [["name": "X-A", "exact": "1"]]], TestRequest("GET", "/", [("x-aa", "1")]), false),
        (
            ["headers": [["name": "X-A", "exact": "1"], ["name": "X-B", "regex": "^b"]]],
            TestRequest("GET", "/", [("x-a", "1"), ("x-b", "b2")]), true
        ),
        (
            ["headers": [["name": "X-A", "exact": "1"], ["name": "X-B", "regex": "^b"]]],
            TestRequest("GET", "/", [("x-a", "1")]), false
        ),
        (["methods": ["GET"], "paths": [["prefix": "/a"]]], TestRequest("GET", "/b"), false),
        (["consumers": ["ci"]], TestRequest(), false),
        (["scopes": ["read"]], TestRequest(), false),
        (["claims": [["name": "sub", "values": ["a"]]]], TestRequest(), false),
    ]

    @Test("All conditions hold, in lists one is enough", arguments: conditions)
    func holds(_ when: JSON, _ request: TestRequest, _ holds: Bool) throws {
        let allow = try TestAccess("authorization", Self.policy("allow", when))
        #expect(try allow.outcome(request) == (holds ? "pass" : "authorization-denied"))
        let deny = try TestAccess("authorization", Self.policy("deny", when))
        #expect(try deny.outcome(request) == (holds ? "authorization-denied" : "pass"))
    }

    @Test(
        "However a path is written, the rule sees the one that routes see",
        arguments: [
            "/admin;x=1", "/admin;x=1/", "/%61dmin", "/%61%64min/x", "//admin", "/./admin", "/x/../admin", "/admin/.",
            "/x/..//admin/y", "/admin%3Bx/..", "/admin/./",
        ])
    func spoofing(_ target: String) throws {
        let access = try TestAccess(
            "authorization", Self.policy("deny", ["paths": [["prefix": "/admin"]]], default: "allow"))
        do {
            #expect(
                try access.outcome(TestRequest("GET", target)) == "authorization-denied" || target == "/admin%3Bx/..")
        } catch is Unusable {}
    }

    @Test("The first rule that fits decides")
    func order() throws {
        let settings: JSON = [
            "rules": [
                ["name": "a", "action": "deny", "when": ["paths": [["prefix": "/a/secret"]]]],
                ["name": "b", "action": "allow", "when": ["paths": [["prefix": "/a"]]]],
                ["name": "c", "action": "deny", "when": ["paths": [["prefix": "/a/b"]]]],
            ]
        ]
        let access = try TestAccess("authorization", settings)
        #expect(try access.outcome(TestRequest("GET", "/a/secret")) == "authorization-denied")
        #expect(try access.outcome(TestRequest("GET", "/a/b")) == "pass")
        #expect(try access.outcome(TestRequest("GET", "/c")) == "authorization-denied")
        #expect(try TestAccess("authorization", ["default": "allow"]).outcome(TestRequest()) == "pass")
        #expect(try TestAccess("authorization", [:]).outcome(TestRequest()) == "authorization-denied")
    }

    @Test("Where nobody can tell whether a rule fits, it fails closed")
    func limits() throws {
        let slow = TestRequest("GET", "/" + String(repeating: "a", count: 3000) + "!")
        let pattern: JSON = ["paths": [["regex": "^/(a|aa)+$"]]]
        let double = TestRequest("GET", "/", [("X-A", "1"), ("X-A", "2")])
        let field: JSON = ["headers": [["name": "X-A", "exact": "2"]]]
        for (when, request) in [(pattern, slow), (field, double)] {
            let allow = try TestAccess("authorization", Self.policy("allow", when, default: "deny"))
            #expect(try allow.outcome(request) == "authorization-denied")
            let deny = try TestAccess("authorization", Self.policy("deny", when, default: "allow"))
            #expect(try deny.outcome(request) == "authorization-denied")
        }
        // Another condition that does not hold for certain is enough.
        let other: JSON = ["methods": ["PUT"], "headers": [["name": "X-A", "exact": "2"]]]
        #expect(
            try TestAccess("authorization", Self.policy("deny", other, default: "allow")).outcome(double) == "pass")
    }

    @Test("The consumer is the one that was found before")
    func consumers() throws {
        let access = try TestAccess(
            [
                ("who", ["type": "api-key"]),
                (
                    "may",
                    [
                        "type": "authorization",
                        "authorization": Self.policy("allow", ["consumers": ["labels": ["team": "a"]]]),
                    ]
                ),
            ], consumers: [consumer(labels: ["team": "a"])])
        let request = TestRequest("GET", "/", [("X-API-Key", "secret-key")])
        // Whatever the order in which they are named.
        #expect(try access.check(route: ["may", "who"]).outcome(request) == "pass")
        #expect(try access.check(route: ["may"]).outcome(request) == "authorization-denied")
    }

    private static let claimValues: [(JSON, Bool)] = [
        (["sub": "a"], true), (["sub": "b"], false), (["sub": ["b", "a"]], true), (["sub": []], false),
        (["sub": 7], true), (["sub": true], true), (["sub": 1.5], true), (["sub": nil], false), ([:], false),
        (["sub": ["a": "a"]], false), (["sub": [["a"]]], false), (["sub": "a "], false),
    ]

    @Test("Claims are texts, numbers, truth values, or lists of them", arguments: claimValues)
    func claims(_ token: JSON, _ holds: Bool) throws {
        #expect(try Self.rule("sub").holds(TestClaims(token)) == holds)
        #expect(try Self.rule("outer.sub").holds(TestClaims(["outer": token])) == holds)
    }

    private static func rule(_ claim: String) throws -> JWTPolicy.ClaimRule {
        let when: JSON = ["claims": [["name": .string(claim), "values": ["a", "7", "true", "1.5"]]]]
        let document: JSON = ["type": "authorization", "authorization": Self.policy("allow", when)]
        let resource = try Resource(kind: .authPolicy, name: "a", document: document)
        guard case .authPolicy(let policy) = resource.spec, case .authorization(let settings) = policy.settings,
            let rule = settings.rules.first?.when.claims.first
        else { throw Unusable(what: claim) }
        return rule
    }

    @Test("A regular expression that does not compile is a fault")
    func fault() throws {
        #expect(throws: Unusable.self) {
            try TestAccess("authorization", Self.policy("allow", ["paths": [["regex": "("]]]))
        }
    }
}
