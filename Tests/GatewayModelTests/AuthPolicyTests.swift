import GatewayModel
import Testing

@Suite("Auth policies and consumers")
struct AuthPolicyTests {
    private static func document(_ type: String, _ settings: JSON) -> JSON {
        let field = AuthPolicy.PolicyType(rawValue: type)?.field ?? type
        return ["type": .string(type), field: settings]
    }

    private static func provider(_ members: JSONObject = [:]) -> JSON {
        var object: JSONObject = [
            "name": "own", "issuer": "https://a.example", "audiences": ["shop"],
            "jwks": ["uri": "https://a.example/keys"],
        ]
        for member in members.members { object[member.name] = member.value }
        return .object(object)
    }

    private static func rule(_ when: JSON) -> JSON { ["rules": [["name": "a", "action": "allow", "when": when]]] }

    private static let good: [(String, JSON)] = [
        ("jwt", ["providers": [provider()]]),
        (
            "jwt",
            [
                "providers": [provider(["algorithms": ["ES256"], "leeway": "1m"])], "optional": true,
                "forwardToken": false,
                "from": [["header": "X-Token", "prefix": ""], ["cookie": "t"], ["query": "t"]],
                "claimsToHeaders": [["claim": "realm.role", "header": "X-Role"]],
                "require": ["scopes": ["read"], "claims": [["name": "https://x/y", "values": ["a"]]]],
            ]
        ),
        ("basic", [:]), ("basic", ["realm": "shop", "consumers": ["ci"], "forwardUser": "X-User"]),
        ("api-key", [:]),
        ("api-key", ["from": [["query": "key"]], "consumers": ["labels": ["a": "b"]], "strip": false]),
        ("mtls", ["dnsNames": ["*.example.com"], "forward": ["dnsName": "X-Client"]]),
        ("ip", ["allow": ["10.0.0.0/8", "::1"]]), ("ip", ["deny": ["192.0.2.1"]]),
        ("authorization", [:]), ("authorization", ["default": "allow"]),
        (
            "authorization",
            rule([
                "methods": ["GET"], "paths": [["prefix": "/a"]], "claims": [["name": "sub", "values": ["x"]]],
                "scopes": ["read"], "consumers": ["ci"], "cidrs": ["10.0.0.0/8"],
                "headers": [["name": "x-a", "exact": "1"]],
            ])
        ),
        ("cors", ["allowOrigins": ["https://*.example.com"]]), ("csrf", [:]),
        ("csrf", ["additionalOrigins": ["https://app.example.com"]]), ("ext-auth", ["upstream": "auth"]),
    ]

    @Test("What is said of who may call", arguments: good)
    func accepted(_ type: String, _ settings: JSON) {
        #expect(faults(.authPolicy, Self.document(type, settings)) == [])
    }

    private static let wrong: [(String, JSON, [String])] = [
        ("jwt", [:], ["/jwt/providers required"]), ("jwt", ["providers": []], ["/jwt/providers required"]),
        (
            "jwt", ["providers": [[:]]],
            ["name", "issuer", "audiences", "jwks"].map { "/jwt/providers/0/\($0) required" }
        ),
        ("jwt", ["providers": [provider(["jwks": [:]])]], ["/jwt/providers/0/jwks required"]),
        ("jwt", ["providers": [provider(["jwks": ["uri": "ftp://x"]])]], ["/jwt/providers/0/jwks/uri format"]),
        ("jwt", ["providers": [provider(["jwks": ["uri": "https://u@x/"]])]], ["/jwt/providers/0/jwks/uri format"]),
        ("jwt", ["providers": [provider(["jwks": ["inline": ["keys": 5]]])]], ["/jwt/providers/0/jwks/inline format"]),
        ("jwt", ["providers": [provider(["algorithms": ["none"]])]], ["/jwt/providers/0/algorithms/0 format"]),
        ("jwt", ["providers": [provider(["leeway": "1h"])]], ["/jwt/providers/0/leeway range"]),
        ("jwt", ["providers": [provider(), provider()]], ["/jwt/providers duplicate"]),
        ("jwt", ["providers": [provider()], "from": []], ["/jwt/from range"]),
        (
            "jwt", ["providers": [provider()], "claimsToHeaders": [["claim": "a..b", "header": "Host"]]],
            ["/jwt/claimsToHeaders/0/claim format", "/jwt/claimsToHeaders/0/header conflict"]
        ),
        ("basic", ["realm": "a\"b"], ["/basic/realm format"]),
        ("basic", ["forwardUser": "Authorization"], ["/basic/forwardUser conflict"]),
        ("basic", ["consumers": []], ["/basic/consumers range"]),
        ("basic", ["consumers": [:]], ["/basic/consumers range"]),
        ("api-key", ["from": [[:]]], ["/apiKey/from/0 required"]),
        ("api-key", ["from": [["header": "a", "query": "b"]]], ["/apiKey/from/0 conflict"]),
        ("api-key", ["from": [["query": "b", "prefix": "x"]]], ["/apiKey/from/0/prefix conflict"]),
        ("api-key", ["forwardConsumer": "X-Forwarded-For"], ["/apiKey/forwardConsumer conflict"]),
        ("mtls", [:], ["/mtls required"]), ("mtls", ["subjects": []], ["/mtls/subjects range"]),
        ("ip", [:], ["/ip required"]), ("ip", ["allow": []], ["/ip/allow range"]),
        ("ip", ["deny": ["10.0.0.0/33"]], ["/ip/deny/0 format"]),
        (
            "authorization", ["rules": [[:]]],
            ["/authorization/rules/0/name required", "/authorization/rules/0/action required"]
        ),
        ("authorization", ["default": "maybe"], ["/authorization/default format"]),
        ("authorization", rule(["methods": ["get"]]), ["/authorization/rules/0/when/methods/0 format"]),
        ("authorization", rule(["methods": []]), ["/authorization/rules/0/when/methods range"]),
        ("authorization", rule(["paths": [["prefix": "a"]]]), ["/authorization/rules/0/when/paths/0/prefix format"]),
        (
            "authorization", rule(["claims": [["name": "a", "values": []]]]),
            ["/authorization/rules/0/when/claims/0/values range"]
        ),
        ("authorization", rule(["ips": ["::1"]]), ["/authorization/rules/0/when/ips unknown-field"]),
        (
            "authorization", ["rules": [["name": "a", "action": "deny"], ["name": "a", "action": "allow"]]],
            ["/authorization/rules duplicate"]
        ),
        ("cors", [:], ["/cors/allowOrigins required"]), ("cors", ["allowOrigins": []], ["/cors/allowOrigins range"]),
        ("cors", ["allowOrigins": ["https://a.example/"]], ["/cors/allowOrigins/0 format"]),
        ("cors", ["allowOrigins": ["*"], "allowCredentials": true], ["/cors/allowCredentials conflict"]),
        ("csrf", ["additionalOrigins": ["*"]], ["/csrf/additionalOrigins/0 format"]),
        ("ext-auth", [:], ["/extAuth/upstream required"]),
        ("ext-auth", ["upstream": "a", "timeout": "2m"], ["/extAuth/timeout range"]),
        (
            "ext-auth", ["upstream": "a", "responseHeadersToBackend": ["Host"]],
            ["/extAuth/responseHeadersToBackend/0 conflict"]
        ),
    ]

    @Test("What is wrong is pointed at", arguments: wrong)
    func refused(_ type: String, _ settings: JSON, _ expected: [String]) {
        let found = faults(.authPolicy, Self.document(type, settings))
        // A list that is wrong in one way may be so in a second.
        #expect(Set(expected).isSubset(of: found) && found.count <= expected.count + 1, "\(found)")
    }

    private static let typeCases: [(JSON, [String])] = [
        ([:], ["/type required"]), (["type": "oauth"], ["/type format"]), (["type": "jwt"], ["/jwt required"]),
        (["type": "ip"], ["/ip required"]), (["type": "basic"], []), (["type": "csrf"], []), (["type": "api-key"], []),
        (["type": "basic", "jwt": [:]], ["/jwt conflict"]),
        (["type": "cors", "cors": ["allowOrigins": ["*"]], "observe": true], ["/observe conflict"]),
        (["type": "basic", "observe": "yes"], ["/observe type"]),
        (["type": "basic", "api-key": [:]], ["/api-key unknown-field"]),
    ]

    @Test("The settings are those of the type", arguments: typeCases)
    func types(_ document: JSON, _ expected: [String]) {
        #expect(faults(.authPolicy, document) == expected)
    }

    @Test("Which policies keep somebody out")
    func protection() throws {
        func protection(_ document: JSON) throws -> AuthPolicy.Protection? {
            if case .authPolicy(let policy) = try spec(.authPolicy, document) { policy.protection } else { nil }
        }
        #expect(try protection(["type": "basic"]) == .strangers)
        #expect(try protection(["type": "basic", "observe": true]) == AuthPolicy.Protection.none)
        #expect(try protection(["type": "csrf"]) == AuthPolicy.Protection.none)
        #expect(try protection(Self.document("cors", ["allowOrigins": ["*"]])) == AuthPolicy.Protection.none)
        #expect(try protection(Self.document("ip", ["allow": ["10.0.0.0/8"]])) == .someRequests)
        #expect(try protection(Self.document("ip", ["deny": ["10.0.0.0/8"]])) == AuthPolicy.Protection.none)
        #expect(try protection(Self.document("authorization", ["rules": []])) == .someRequests)
        #expect(try protection(Self.document("jwt", ["providers": [Self.provider()]])) == .strangers)
        let optional: JSON = ["providers": [Self.provider()], "optional": true]
        #expect(try protection(Self.document("jwt", optional)) == AuthPolicy.Protection.none)
    }

    private static let consumerCases: [(JSON, [String])] = [
        ([:], []), (["apiKeys": [["id": "k1", "value": "x"]], "basic": ["username": "u", "password": "p"]], []),
        (["apiKeys": [["id": "k1"]]], ["/apiKeys/0/value required"]),
        (["apiKeys": [["value": "x"]]], ["/apiKeys/0/id required"]),
        (["apiKeys": [["id": "a", "value": "x"], ["id": "a", "value": "y"]]], ["/apiKeys duplicate"]),
        (["apiKeys": [["id": "a", "value": "x", "hash": "y"]]], ["/apiKeys/0/hash conflict"]),
        (["basic": ["username": "a:b", "password": "p"]], ["/basic/username format"]),
        (["basic": ["username": "a"]], ["/basic/password required"]),
        (["basic": ["username": "a", "password": ""]], ["/basic/password range"]),
        (["secrets": "no"], ["/secrets format"]), (["key": "x"], ["/key unknown-field"]),
    ]

    @Test("What a consumer shows", arguments: consumerCases)
    func consumers(_ document: JSON, _ expected: [String]) {
        #expect(faults(.consumer, document) == expected)
    }

    @Test("Policies are found by name alone, so that a name belongs to one kind, and two consumers share nothing")
    func names() throws {
        var configuration = Configuration()
        var secrets = Secrets()
        secrets["/apiKeys/k"] = "00"
        let key: JSON = ["apiKeys": [["id": "k"]], "secrets": .string(secrets.text)]
        let traffic: JSON = ["type": "fault", "fault": ["abort": [:]]]
        for resource in [
            try Resource(kind: .authPolicy, name: "p", document: ["type": "basic"]),
            try Resource(kind: .trafficPolicy, name: "p", document: traffic),
            try Resource(kind: .consumer, name: "a", document: key),
            try Resource(kind: .consumer, name: "b", document: key),
        ] { configuration.set(resource) }
        let found = configuration.check(changed: [
            ResourceKey(kind: .authPolicy, name: "p"), ResourceKey(kind: .consumer, name: "b"),
        ])
        #expect(
            Set(found.map { "\($0.fault.pointer) \($0.fault.code)" }) == [
                "/name conflict", "/apiKeys/0/value conflict",
            ])
    }
}
