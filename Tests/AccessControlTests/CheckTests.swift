import AccessControl
import GatewayModel
import Testing

@Suite("Order of rules")
struct CheckTests {
    private static let policies: [(String, JSON)] = [
        ("net", ["type": "ip", "ip": ["deny": ["192.0.2.9"]]]),
        ("key", ["type": "api-key", "apiKey": ["forwardConsumer": "X-Who"]]),
        ("key2", ["type": "api-key", "apiKey": ["from": [["header": "X-Key2"]]]]),
        (
            "may",
            [
                "type": "authorization",
                "authorization": ["rules": [["name": "a", "action": "allow", "when": ["methods": ["GET", "POST"]]]]],
            ]
        ),
        ("page", ["type": "csrf"]),
        (
            "ask",
            ["type": "ext-auth", "extAuth": ["upstream": "auth", "responseHeadersToBackend": ["X-Who", "X-Tier"]]]
        ),
        ("open", ["type": "ext-auth", "extAuth": ["upstream": "auth", "failOpen": true]]),
    ]

    private func access() throws -> TestAccess { try TestAccess(Self.policies, consumers: [consumer()]) }

    @Test("Rules are asked by phase; in a phase the listener's first, then as they are named; one that both name once")
    func order() throws {
        let access = try self.access()
        let check = access.check(listener: ["ask", "may", "key2", "net"], route: ["page", "key", "ask", "may", "net"])
        #expect(
            check.rules.map { "\($0.origin) \($0.rule.name)" } == [
                "listener net", "listener key2", "route key", "listener may", "route page", "listener ask",
            ])
        #expect(access.check(route: ["key", "key2"]).rules.map(\.rule.name) == ["key", "key2"])
        #expect(Array(access.check(route: []).rules).isEmpty)
    }

    @Test("All of them must pass; the first that refuses is told")
    func all() throws {
        let check = try self.access().check(listener: ["net", "key2"], route: ["key", "page", "may"])
        let both = [("X-API-Key", "secret-key"), ("X-Key2", "secret-key")]
        let cross = both + [("Origin", "https://evil.example")]
        for (request, expected) in [
            (TestRequest("GET", "/", both), "pass"),
            (TestRequest("GET", "/", both, client: "192.0.2.9"), "address-denied"),
            (TestRequest("GET", "/", [both[0]]), "missing-credentials"),
            (TestRequest("DELETE", "/", both), "authorization-denied"),
            (TestRequest("POST", "/", cross), "origin-denied"),
            // The address comes before the missing key.
            (TestRequest("GET", "/", [], client: "192.0.2.9"), "address-denied"),
        ] { #expect(try check.outcome(request) == expected) }
        #expect(try check.refusal(TestRequest("GET", "/", [both[0]]))?.policy == "key2")
    }

    @Test("A policy that observes says what the same policy would refuse, and lets it pass", arguments: policies)
    func observe(_ name: String, _ document: JSON) throws {
        guard case .object(var members) = document else { return }
        members["observe"] = true
        let enforcing = try TestAccess([(name, document)], consumers: [consumer()]).check(route: [name])
        let observing = try TestAccess([(name, .object(members))], consumers: [consumer()]).check(route: [name])
        for request in [
            TestRequest(), TestRequest(client: "192.0.2.9"), TestRequest("POST", "/", [("Origin", "null")]),
            TestRequest("DELETE", "/", [("X-API-Key", "secret-key")]), TestRequest("GET", "/", [("X-Key2", "no")]),
        ] {
            let (one, two) = (AccessFindings(), AccessFindings())
            for findings in [one, two] { findings.services[name] = .denied(status: 403, lines: []) }
            let expected = try enforcing.outcome(request, one)
            #expect(try observing.outcome(request, two) == "pass")
            #expect(two.observed.map { "\($0.reason.code)" } == (expected == "pass" ? [] : [expected]))
            #expect(two.observed.allSatisfy { $0.policy == name })
            if expected == "pass" { #expect(one.lines == two.lines && one.stripped == two.stripped) }
        }
    }

    @Test("Observing waits as enforcing does")
    func observingWaits() throws {
        let document: JSON = ["type": "ext-auth", "extAuth": ["upstream": "auth"], "observe": true]
        #expect(try TestAccess([("ask", document)]).check(route: ["ask"]).outcome(TestRequest()) == "waits")
    }

    private static let answers: [(ServiceAnswer, String, UInt16)] = [
        (.denied(status: 403, lines: []), "ext-auth-denied", 403),
        (.denied(status: 401, lines: []), "ext-auth-denied", 401),
        (.denied(status: 404, lines: []), "ext-auth-denied", 403),
        (.denied(status: 302, lines: []), "ext-auth-denied", 403),
        (.denied(status: 302, lines: Array("location: /login\r\n".utf8)), "ext-auth-denied", 302),
        (.denied(status: 200, lines: []), "ext-auth-denied", 403), (.unreachable, "ext-auth-unreachable", 503),
    ]

    @Test("What a service answers", arguments: answers)
    func service(_ answer: ServiceAnswer, _ reason: String, _ status: UInt16) throws {
        let check = try self.access().check(route: ["ask"])
        let findings = AccessFindings()
        findings.services["ask"] = answer
        let refusal = try check.refusal(TestRequest(), findings)
        #expect(refusal.map { "\($0.reason.code)" } == reason && refusal?.status == status)
        findings.services["open"] = .unreachable
        #expect(try self.access().check(route: ["open"]).outcome(TestRequest(), findings) == "pass")
    }

    @Test("A service is asked last and once, and its fields replace those of other policies")
    func asksOnce() throws {
        let access = try self.access()
        let check = access.check(listener: ["ask"], route: ["key"])
        let findings = AccessFindings()
        #expect(try check.outcome(TestRequest(), findings) == "missing-credentials")
        let request = TestRequest("GET", "/", [("X-API-Key", "secret-key")])
        guard case .service(let rule) = try check.wait(request, findings) else { throw Unusable(what: "no question") }
        #expect(rule.name == "ask" && rule.policy.upstream == "auth" && findings.text == "X-Who: ci\r\n")
        findings.services[rule.name] = .allowed(lines: Array("x-who: 42\r\nx-tier: a\r\nx-tier: b\r\n".utf8))
        for _ in 0..<3 {
            #expect(try check.outcome(request, findings) == "pass")
            #expect(
                findings.text == "x-who: 42\r\nx-tier: a\r\nx-tier: b\r\n"
                    && findings.stripped == [.header("x-api-key")])
        }
        #expect(access.resources.reservedFields == ["x-who", "x-tier"])
    }
}
