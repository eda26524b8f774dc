import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Testing

@Suite("Explanations")
struct ExplanationTests {
    /// A gateway of these documents, which name their kinds.
    private static func gateway(_ documents: JSON...) throws -> Gateway {
        var content = SnapshotContent(identity: "me")
        for (order, document) in documents.enumerated() {
            content.set(SnapshotEntry(resource: try Resource(document: document), order: Int64(order)))
        }
        content.version = 1
        return try Gateway.serving(content.full())
    }

    private static let listener: JSON = ["kind": "listener", "name": "web", "port": 8080]
    private static let route: JSON = ["kind": "route", "name": "all", "forward": [["upstream": "orders"]]]

    private static func upstream(_ fields: JSONObject) -> JSON {
        var document: JSONObject = [
            "kind": "upstream", "name": "orders",
            "endpoints": [
                ["address": "10.0.0.1", "port": 80], ["address": "10.0.0.2", "port": 80],
                ["address": "10.0.0.3", "port": 80],
            ],
        ]
        for member in fields.members { document[member.name] = member.value }
        return .object(document)
    }

    private static let hashed: JSONObject = [
        "loadBalancing": ["algorithm": "consistent-hash", "hashOn": ["header": "x-user"]],
        "healthChecks": ["panicThreshold": 0],
    ]

    private static func sick(_ endpoint: String) -> UpstreamHealth.Endpoint {
        UpstreamHealth.Endpoint(endpoint: endpoint, isHealthy: false, reasons: ["probe-failed: 503"], since: nil)
    }

    private static func ask(_ gateway: Gateway, user: Int, seenBy replicas: [ReplicaView] = []) -> JSON {
        let request = ExplainRequest(method: "GET", url: "http://h:8080/", headers: [("X-User", "\(user)")])
        return gateway.explain(request, seenBy: replicas).json
    }

    @Test("The same key comes to the same endpoint, and all endpoints get keys")
    func hashing() throws {
        let gateway = try Self.gateway(Self.listener, Self.upstream(Self.hashed), Self.route)
        let found = (0..<50).map { Self.ask(gateway, user: $0)["endpoint"]?.stringValue }
        #expect(found == (0..<50).map { Self.ask(gateway, user: $0)["endpoint"]?.stringValue })
        #expect(Set(found) == ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"])
    }

    @Test("An unhealthy endpoint's keys move and no others")
    func unhealthy() throws {
        let gateway = try Self.gateway(Self.listener, Self.upstream(Self.hashed), Self.route)
        let view = ReplicaView(replica: "a", health: ["orders": [Self.sick("10.0.0.2:80")]])
        for user in 0..<50 {
            let before = Self.ask(gateway, user: user)["endpoint"]
            let after = Self.ask(gateway, user: user, seenBy: [view])["endpoint"]
            #expect(before == "10.0.0.2:80" ? after != before && after != .null : after == before)
        }
    }

    @Test("Replicas that see different endpoints are told apart, and no endpoint is certain then")
    func disagreement() throws {
        let gateway = try Self.gateway(Self.listener, Self.upstream(Self.hashed), Self.route)
        let user = try #require((0..<50).first { Self.ask(gateway, user: $0)["endpoint"] == "10.0.0.2:80" })
        let views = [
            ReplicaView(replica: "a", health: ["orders": [Self.sick("10.0.0.2:80")]]),
            ReplicaView(replica: "b", health: [:]), ReplicaView(replica: "c", health: [:]),
        ]
        let json = Self.ask(gateway, user: user, seenBy: views)
        #expect(json["endpoint"] == .null)
        let seen = json["destinations"]?.arrayValue?.first?["views"]?.arrayValue ?? []
        #expect(seen.map { $0["replicas"] } == [["a"], ["b", "c"]])
        #expect(seen.last?["endpoint"] == "10.0.0.2:80" && seen.first?["endpoint"] != "10.0.0.2:80")
    }

    @Test("Where all replicas find nothing usable the gateway answers 503")
    func nothingUsable() throws {
        let gateway = try Self.gateway(Self.listener, Self.upstream(Self.hashed), Self.route)
        let all = (1...3).map { Self.sick("10.0.0.\($0):80") }
        let json = Self.ask(gateway, user: 1, seenBy: [ReplicaView(replica: "a", health: ["orders": all])])
        #expect(json["status"] == 503 && json["reason"] == "no-endpoint" && json["endpoint"] == .null)
    }

    @Test("A cookie that was given names its endpoint until that is unhealthy")
    func persistence() throws {
        let gateway = try Self.gateway(Self.listener, Self.upstream(["sessionPersistence": [:]]), Self.route)
        let token = AffinityKey(identity: "me").token(upstream: "orders", endpoint: "10.0.0.3:80")
        let cookie = "a=b; sluice-orders=\(String(decoding: token, as: UTF8.self))"
        let request = ExplainRequest(method: "GET", url: "http://h:8080/", headers: [("Cookie", cookie)])
        #expect(gateway.explain(request).json["endpoint"] == "10.0.0.3:80")
        let view = ReplicaView(replica: "a", health: ["orders": [Self.sick("10.0.0.3:80")]])
        #expect(gateway.explain(request, seenBy: [view]).json["endpoint"] == .null)
    }

    @Test("Percentages of a split have two digits at most")
    func percentages() throws {
        let gateway = try Self.gateway(
            Self.listener, Self.upstream([:]),
            [
                "kind": "route", "name": "all",
                "forward": [["upstream": "orders", "weight": 1], ["upstream": "orders", "weight": 2]],
            ])
        let split = Self.ask(gateway, user: 1)["split"]?.arrayValue ?? []
        #expect(split.map { $0["percent"] } == [.double(33.33), .double(66.67)])
    }

    @Test(
        "A client's address must be one",
        arguments: ["10.0.0.1:80", "[::1]", "localhost", "", "10.0.0.256", "fe80::1%eth0"])
    func clientAddress(_ text: String) throws {
        let document: JSON = ["url": "http://h/", "clientAddress": .string(text)]
        let faults = #expect(throws: Faults.self) { try ExplainRequest(document: document) }
        #expect(faults?.faults.map(\.pointer) == ["/clientAddress"])
    }

    @Test("A host of another listener than the server name's is misdirected")
    func misdirected() throws {
        let listeners: [JSON] = ["a", "b"].map { name in
            [
                "kind": "listener", "name": .string(name), "port": 8443, "protocol": "https",
                "hostnames": [.string("\(name).example")], "tls": ["certificates": ["pair"]],
            ]
        }
        let certificate: JSON = [
            "kind": "certificate", "name": "pair", "usage": "server",
            "certificate": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
            "privateKey": "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
        ]
        let gateway = try Self.gateway(
            certificate, listeners[0], listeners[1], Self.upstream([:]), Self.route)
        func answer(_ url: String, host: String) -> String {
            let request = ExplainRequest(method: "GET", url: url, headers: [("Host", host)])
            let json = gateway.explain(request).json
            return "\(json["status"] ?? .null) \(json["reason"] ?? .null)"
        }
        #expect(answer("https://a.example:8443/", host: "a.example") == "null null")
        #expect(answer("https://a.example:8443/", host: "b.example") == #"421 "misdirected-request""#)
        #expect(answer("https://a.example:8443/", host: "c.example") == #"404 "no-route""#)
        #expect(answer("https://c.example:8443/", host: "a.example") == #"null "unrecognized-name""#)
        #expect(answer("http://a.example:8443/", host: "a.example") == #"400 "plain-http""#)
    }
}
