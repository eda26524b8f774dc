import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Testing

@Suite("Explanations of access")
struct ExplainedAccessTests {
    private static func explain(_ documents: [JSON], _ request: ExplainRequest) throws -> JSON {
        let base: [JSON] = [
            ["kind": "upstream", "name": "a", "endpoints": [["address": "10.0.0.1", "port": 80]]],
            ["kind": "upstream", "name": "auth", "endpoints": [["address": "10.0.0.2", "port": 80]]],
        ]
        var content = SnapshotContent(identity: "me")
        for (order, document) in (base + documents).enumerated() {
            content.set(SnapshotEntry(resource: try Resource(document: document), order: Int64(order)))
        }
        content.version = 1
        return try Gateway.serving(content.full()).explain(request).json
    }

    private static func policy(_ name: String, _ type: String, _ field: String, _ settings: JSON, observe: Bool = false)
        -> JSON
    {
        [
            "kind": "auth-policy", "name": .string(name), "type": .string(type), field: settings,
            "observe": .bool(observe),
        ]
    }

    private static func listener(_ policies: JSON = []) -> JSON {
        ["kind": "listener", "name": "web", "port": 8080, "policies": policies]
    }

    private static func route(_ policies: JSON, inherit: Bool = true) -> JSON {
        [
            "kind": "route", "name": "all", "forward": [["upstream": "a"]], "policies": policies,
            "inherit": .bool(inherit),
        ]
    }

    private static func request(_ headers: [(name: String, value: String)] = []) -> ExplainRequest {
        ExplainRequest(method: "POST", url: "http://h:8080/", headers: headers)
    }

    /// `name from decision reason`.
    private static func decisions(_ answer: JSON) -> [String] {
        (answer["policies"]?.arrayValue ?? []).map { policy in
            ["policy", "from", "decision", "reason"].map { policy[$0]?.stringValue ?? "-" }.joined(separator: " ")
        }
    }

    private static var policies: [JSON] {
        [
            Self.policy("net", "ip", "ip", ["allow": ["127.0.0.1"]]), Self.policy("key", "api-key", "apiKey", [:]),
            Self.policy("pass", "basic", "basic", [:]),
            Self.policy(
                "may", "authorization", "authorization",
                ["rules": [["name": "a", "action": "allow", "when": ["consumers": ["ci"]]]]]),
            Self.policy("page", "csrf", "csrf", [:], observe: true),
            Self.policy("ask", "ext-auth", "extAuth", ["upstream": "auth"]),
            Self.policy("cors", "cors", "cors", ["allowOrigins": ["https://a.example"]]),
            Self.policy("cors2", "cors", "cors", ["allowOrigins": ["https://b.example"]]),
        ]
    }

    private static var consumer: JSON {
        var secrets = Secrets()
        secrets["/basic/password"] = "$2b$10$" + String(repeating: "a", count: 53)
        return ["kind": "consumer", "name": "ci", "basic": ["username": "ci"], "secrets": .string(secrets.text)]
    }

    @Test("In the order in which they are asked, until one refuses")
    func refuses() throws {
        let documents = Self.policies + [Self.listener(["ask", "net"]), Self.route(["page", "key"])]
        let answer = try Self.explain(documents, Self.request())
        #expect(
            Self.decisions(answer) == [
                "net listener passes -", "key route refuses missing-credentials", "page route notReached -",
                "ask listener notReached -",
            ])
        #expect(answer["status"] == 401 && answer["reason"] == "missing-credentials")
    }

    @Test("What would have to be found out is unknown, and what rests on it too")
    func unknown() throws {
        let documents = Self.policies + [Self.consumer, Self.listener(["ask"]), Self.route(["pass", "may", "page"])]
        let headers = [
            (name: "Authorization", value: "Basic Y2k6cHc="), (name: "Origin", value: "https://evil.example"),
        ]
        let answer = try Self.explain(documents, Self.request(headers))
        #expect(
            Self.decisions(answer) == [
                "pass route unknown -", "may route unknown -", "page route observes origin-denied",
                "ask listener unknown -",
            ])
        #expect(answer["status"] == .null && answer["reason"] == .null)
        let why = (answer["policies"]?.arrayValue ?? []).map { $0["why"]?.stringValue ?? "" }
        #expect(why[0].contains("password") && why[1].contains("pass") && why[3].contains("auth"))
    }

    @Test("What is out of force comes behind; of CORS policies the route's last counts")
    func aside() throws {
        let inherited = Self.policies + [Self.listener(["cors", "net"]), Self.route(["cors2"])]
        let answer = try Self.explain(inherited, Self.request())
        #expect(Self.decisions(answer) == ["cors listener - -", "cors2 route passes -", "net listener passes -"])
        let own = try Self.explain(
            Self.policies + [Self.listener(["cors", "net"]), Self.route(["cors2", "cors"], inherit: false)],
            Self.request())
        #expect(
            Self.decisions(own) == ["cors listener - -", "cors2 route - -", "cors route passes -", "net listener - -"])
        #expect(own["policies"]?.arrayValue?.map { $0["inForce"] } == [false, false, true, false])
    }

    @Test("A certificate may be given, and a field that the gateway writes never counts")
    func certificate() throws {
        let names = Self.policy(
            "names", "mtls", "mtls", ["dnsNames": ["a.example"], "forward": ["dnsName": "X-Name"]])
        let inside = Self.policy(
            "inside", "authorization", "authorization",
            [
                "rules": [
                    ["name": "a", "action": "deny", "when": ["headers": [["name": "x-name", "exact": "root"]]]]
                ], "default": "allow",
            ])
        let documents = [names, inside, Self.listener(), Self.route(["names", "inside"])]
        let asked: JSON = [
            "url": "http://h:8080/", "headers": ["X-Name": "root"], "clientCertificate": ["dnsNames": ["a.example"]],
        ]
        let answer = try Self.explain(documents, try ExplainRequest(document: asked))
        #expect(Self.decisions(answer) == ["names route passes -", "inside route passes -"])
        #expect(answer["notes"]?.arrayValue?.contains { $0.stringValue?.contains("x-name") == true } == true)
        let none = try Self.explain(documents, try ExplainRequest(document: ["url": "http://h:8080/"]))
        #expect(none["status"] == 403 && none["reason"] == "certificate-required")
        #expect(throws: Faults.self) {
            try ExplainRequest(document: ["url": "http://h/", "clientCertificate": ["dnsNames": "a"]])
        }
    }
}
