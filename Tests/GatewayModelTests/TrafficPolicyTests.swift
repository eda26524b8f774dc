import GatewayModel
import Testing

@Suite("Traffic policies: limits, bodies, firewalls and fields")
struct TrafficPolicyTests {
    private static func document(_ type: String, _ settings: JSON) -> JSON {
        let field = TrafficPolicy.PolicyType(rawValue: type)?.field ?? type
        return ["type": .string(type), field: settings]
    }

    private static func limit(_ members: JSONObject = [:]) -> JSON {
        var object: JSONObject = ["requests": 10, "per": "minute"]
        for member in members.members { object[member.name] = member.value }
        return ["limits": [.object(object)]]
    }

    private static func key(_ parts: JSON) -> JSON { ["maxRequests": 1, "key": parts] }

    private func settings(_ type: String, _ settings: JSON) throws -> TrafficPolicy.Settings? {
        guard case .trafficPolicy(let policy) = try spec(.trafficPolicy, Self.document(type, settings)) else {
            return nil
        }
        return policy.settings
    }

    private static let good: [(String, JSON)] = [
        ("rate-limit", limit()), ("rate-limit", limit(["requests": 0])),
        ("rate-limit", limit(["requests": 100_000_000, "per": "day", "burst": 100_000_000])),
        ("rate-limit", limit(["cost": 0])), ("rate-limit", limit(["cost": 10])),
        ("rate-limit", limit(["burst": 20, "cost": 20])),
        ("rate-limit", limit(["when": ["path": ["prefix": "/a"], "methods": ["POST"]]])),
        ("rate-limit", ["limits": [["requests": 1, "per": "second"]], "lease": false]),
        (
            "rate-limit",
            ["scope": "global", "limits": [["requests": 1, "per": "hour"]], "onStoreFailure": "closed", "lease": true]
        ),
        ("concurrency", ["maxRequests": 1]),
        (
            "concurrency",
            key([
                ["clientAddress": true], ["header": "X-A"], ["claim": "a.b"], ["consumer": true], ["cookie": "c"],
                ["query": "q"], ["path": true], ["method": true],
            ])
        ),
        (
            "concurrency",
            ["maxRequests": 1_000_000, "queue": ["maxRequests": 10_000, "timeout": "60s"], "status": 429]
        ),
        ("body", ["maxBytes": 0]), ("body", ["maxBytes": "1024Gi"]),
        ("waf", [:]),
        (
            "waf",
            [
                "rules": "crs", "mode": "detect", "paranoiaLevel": 4, "anomalyThreshold": 10_000,
                "exclude": [1, 2_147_483_647], "extraRules": "SecAction \"id:1\"", "requestBodyLimit": "8Mi",
            ]
        ),
        ("headers", ["presets": ["security"]]), ("headers", ["remove": ["server"]]),
        ("headers", ["set": ["x-a": "1"], "add": ["x-b": ["1", "2"]]]),
    ]

    @Test("What is said of traffic", arguments: good)
    func accepted(_ type: String, _ settings: JSON) {
        #expect(faults(.trafficPolicy, Self.document(type, settings)) == [])
    }

    private static let wrong: [(String, JSON, [String])] = [
        ("rate-limit", [:], ["/rateLimit/limits required"]),
        ("rate-limit", ["limits": []], ["/rateLimit/limits range"]),
        (
            "rate-limit", ["limits": .array(Array(repeating: ["requests": 1, "per": "day"], count: 17))],
            ["/rateLimit/limits range"]
        ),
        (
            "rate-limit", ["limits": [[:]]],
            ["/rateLimit/limits/0/requests required", "/rateLimit/limits/0/per required"]
        ),
        ("rate-limit", limit(["requests": -1]), ["/rateLimit/limits/0/requests range"]),
        ("rate-limit", limit(["requests": 100_000_001]), ["/rateLimit/limits/0/requests range"]),
        ("rate-limit", limit(["per": "week"]), ["/rateLimit/limits/0/per format"]),
        ("rate-limit", limit(["burst": 0]), ["/rateLimit/limits/0/burst range"]),
        ("rate-limit", limit(["requests": 0, "burst": 1]), ["/rateLimit/limits/0/burst conflict"]),
        ("rate-limit", limit(["cost": 11]), ["/rateLimit/limits/0/cost range"]),
        ("rate-limit", limit(["burst": 5, "cost": 6]), ["/rateLimit/limits/0/cost range"]),
        ("rate-limit", limit(["cost": -1]), ["/rateLimit/limits/0/cost range"]),
        ("rate-limit", limit(["unit": 1]), ["/rateLimit/limits/0/unit unknown-field"]),
        ("rate-limit", limit(["when": ["methods": ["get it"]]]), ["/rateLimit/limits/0/when/methods/0 format"]),
        (
            "rate-limit",
            ["limits": [["requests": 1, "per": "day"]], "onStoreFailure": "open", "lease": true],
            ["/rateLimit/onStoreFailure conflict", "/rateLimit/lease conflict"]
        ),
        (
            "rate-limit", ["scope": "world", "limits": [["requests": 1, "per": "day"]]], ["/rateLimit/scope format"]
        ),
        ("concurrency", [:], ["/concurrency/maxRequests required"]),
        ("concurrency", ["maxRequests": 0], ["/concurrency/maxRequests range"]),
        ("concurrency", ["maxRequests": 1_000_001], ["/concurrency/maxRequests range"]),
        ("concurrency", ["maxRequests": 1, "queue": [:]], ["/concurrency/queue/maxRequests required"]),
        ("concurrency", ["maxRequests": 1, "queue": ["maxRequests": 0]], ["/concurrency/queue/maxRequests range"]),
        (
            "concurrency", ["maxRequests": 1, "queue": ["maxRequests": 1, "timeout": "61s"]],
            ["/concurrency/queue/timeout range"]
        ),
        (
            "concurrency", ["maxRequests": 1, "queue": ["maxRequests": 1, "timeout": "0s"]],
            ["/concurrency/queue/timeout range"]
        ),
        ("concurrency", ["maxRequests": 1, "status": 500], ["/concurrency/status range"]),
        ("concurrency", ["maxRequests": 1, "status": 404], ["/concurrency/status range"]),
        ("concurrency", key([[:]]), ["/concurrency/key/0 required"]),
        ("concurrency", key([["path": true, "method": true]]), ["/concurrency/key/0 conflict"]),
        ("concurrency", key([["path": false]]), ["/concurrency/key/0/path format"]),
        ("concurrency", key([["header": "a b"]]), ["/concurrency/key/0/header format"]),
        ("concurrency", key([["port": 1]]), ["/concurrency/key/0 required", "/concurrency/key/0/port unknown-field"]),
        ("concurrency", key([["path": true], ["path": true]]), ["/concurrency/key/1 duplicate"]),
        ("body", [:], ["/body/maxBytes required"]), ("body", ["maxBytes": -1], ["/body/maxBytes range"]),
        ("body", ["maxBytes": "1025Gi"], ["/body/maxBytes range"]),
        ("body", ["maxBytes": "1MB"], ["/body/maxBytes format"]),
        ("waf", ["rules": "own"], ["/waf/rules format"]), ("waf", ["mode": "off"], ["/waf/mode format"]),
        ("waf", ["paranoiaLevel": 0], ["/waf/paranoiaLevel range"]),
        ("waf", ["paranoiaLevel": 5], ["/waf/paranoiaLevel range"]),
        ("waf", ["anomalyThreshold": 0], ["/waf/anomalyThreshold range"]),
        ("waf", ["anomalyThreshold": 10_001], ["/waf/anomalyThreshold range"]),
        ("waf", ["exclude": [0]], ["/waf/exclude/0 range"]),
        ("waf", ["exclude": [1, 1]], ["/waf/exclude/1 duplicate"]),
        ("waf", ["exclude": .array((1...513).map { .integer($0) })], ["/waf/exclude range"]),
        ("waf", ["extraRules": .string(String(repeating: "#", count: 65_537))], ["/waf/extraRules range"]),
        ("waf", ["requestBodyLimit": 8_388_609], ["/waf/requestBodyLimit range"]),
        ("headers", [:], ["/headers required"]), ("headers", ["presets": []], ["/headers required"]),
        ("headers", ["presets": ["all"]], ["/headers/presets/0 format"]),
    ]

    @Test("What is nothing to be said of traffic", arguments: wrong)
    func refused(_ type: String, _ settings: JSON, _ expected: [String]) {
        #expect(faults(.trafficPolicy, Self.document(type, settings)) == expected)
    }

    @Test("Limits are local, count every request as one, and tell nobody apart unless they say otherwise")
    func limitDefaults() throws {
        guard case .rateLimit(let policy)? = try settings("rate-limit", Self.limit()) else { throw Missing() }
        #expect(policy.scope == .local && policy.onStoreFailure == .local)
        let limit = try #require(policy.limits.first)
        #expect(limit.requests == 10 && limit.period == .minute && limit.burst == nil && limit.cost == 1)
        #expect(limit.key == [] && limit.when == nil)
    }

    @Test("Without a queue nobody waits, with one a second, and the others get 503")
    func concurrencyDefaults() throws {
        guard case .concurrency(let policy)? = try settings("concurrency", ["maxRequests": 3]) else { throw Missing() }
        #expect(policy.maxRequests == 3 && policy.key == [] && policy.queue == nil && policy.status == 503)
        let queued: JSON = ["maxRequests": 3, "queue": ["maxRequests": 2]]
        guard case .concurrency(let waiting)? = try settings("concurrency", queued) else { throw Missing() }
        #expect(waiting.queue?.maxRequests == 2 && waiting.queue?.timeout == 1000)
    }

    @Test("A firewall blocks by the Core Rule Set's own standard unless it says otherwise")
    func firewallDefaults() throws {
        guard case .waf(let policy)? = try settings("waf", [:]) else { throw Missing() }
        #expect(policy.rules == .crs && policy.mode == .block && policy.paranoiaLevel == 1)
        #expect(policy.anomalyThreshold == 5 && policy.requestBodyLimit == 131_072)
        #expect(policy.exclude == [] && policy.extraRules == "")
    }

    private static let observed: [(String, JSON, Bool)] = [
        ("rate-limit", limit(), true), ("concurrency", ["maxRequests": 1], true), ("body", ["maxBytes": 1], true),
        ("waf", [:], true), ("headers", ["presets": ["security"]], false), ("compression", [:], false),
    ]

    @Test("What refuses can be observed", arguments: observed)
    func observe(_ type: String, _ settings: JSON, _ isPossible: Bool) {
        var document = Self.document(type, settings).objectValue ?? [:]
        document["observe"] = true
        #expect(faults(.trafficPolicy, .object(document)) == (isPossible ? [] : ["/observe conflict"]))
    }

    private static let canonical: [(String, String)] = [
        (
            #""type":"rate-limit","observe":false,"rateLimit":{"scope":"local","lease":false,"#
                + #""limits":[{"requests":5,"per":"hour","cost":1,"key":[]}]}"#,
            #""type":"rate-limit","rateLimit":{"limits":[{"requests":5,"per":"hour"}]}"#
        ),
        (
            #""type":"concurrency","concurrency":{"maxRequests":5,"status":503,"queue":{"maxRequests":1,"timeout":"1s"}}"#,
            #""type":"concurrency","concurrency":{"maxRequests":5,"queue":{"maxRequests":1}}"#
        ),
        (
            #""type":"waf","observe":true,"waf":{"mode":"block","paranoiaLevel":2,"requestBodyLimit":"128Ki"}"#,
            #""type":"waf","observe":true,"waf":{"paranoiaLevel":2}"#
        ),
        (#""type":"body","body":{"maxBytes":"2Mi"}"#, #""type":"body","body":{"maxBytes":"2Mi"}"#),
        (
            #""type":"headers","headers":{"presets":["security"],"set":{},"remove":[]}"#,
            #""type":"headers","headers":{"presets":["security"]}"#
        ),
    ]

    @Test("The canonical form leaves out what is a default", arguments: canonical)
    func exported(_ given: String, _ expected: String) throws {
        let start = #"{"kind":"traffic-policy","name":"p","#
        let resource = try Resource(document: JSON(parsing: start + given + "}"), allowsMissingSecrets: true)
        #expect(try resource.canonical == JSON(parsing: start + expected + "}"))
    }
}

private struct Missing: Error {}
