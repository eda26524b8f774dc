import AccessControl
import GatewayModel
import Testing
import TrafficControl

@Suite("Keys tell requests apart") struct KeyTests {
    private func same(_ key: JSON, _ one: TestRequest, _ other: TestRequest) throws -> Bool {
        let rule = try rateLimit([["requests": 1, "per": "minute", "key": key]])
        return try rule.key(one) == rule.key(other)
    }

    @Test("without a key all are one")
    func none() throws {
        #expect(try self.same([], TestRequest(), TestRequest(method: "PUT", target: "/b?c", client: "192.0.2.9")))
    }

    @Test(
        "an IPv4 address counts whole, an IPv6 address by its /64",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false), ("2001:db8::1", "2001:db8::2", true),
            ("2001:db8::1", "2001:db8:0:0:ffff::", true), ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::192.0.2.1", "192.0.2.1", false), ("::c000:201", "0:0:0:0::", true),
        ])
    func addresses(_ one: String, _ other: String, _ isSame: Bool) throws {
        let key: JSON = [["clientAddress": true]]
        #expect(try self.same(key, TestRequest(client: one), TestRequest(client: other)) == isSame)
    }

    @Test("of a field the first line counts, of a parameter the first, decoded, of a cookie the first")
    func values() throws {
        let field = { TestRequest(headers: $0) }
        #expect(
            try self.same(
                [["header": "x-tenant"]], field([("X-Tenant", "a"), ("x-tenant", "b")]), field([("x-tenant", "a")])))
        #expect(try !self.same([["header": "x-tenant"]], field([("x-tenant", "a")]), field([("x-tenant", "A")])))
        #expect(
            try self.same([["cookie": "id"]], field([("cookie", "x=1; id=a; id=b")]), field([("cookie", "id=a")])))
        #expect(try !self.same([["cookie": "id"]], field([("cookie", "id=a")]), field([("cookie", "ID=a")])))
        let target = { TestRequest(target: $0) }
        #expect(try self.same([["query": "k"]], target("/?%6B=%61&k=b"), target("/x?k=a")))
        #expect(try self.same([["query": "k"]], target("/?k=a+b"), target("/?k=a%20b")))
        #expect(try !self.same([["query": "k"]], target("/?k=a"), target("/?k=a%00")))
        #expect(try !self.same([["path": true]], target("/a"), target("/b")))
        #expect(try self.same([["path": true]], target("/a?b"), target("/a?c")))
        #expect(try !self.same([["method": true]], TestRequest(method: "GET"), TestRequest(method: "PUT")))
    }

    @Test("what is absent is one key, and not the same as what is empty")
    func absent() throws {
        for key: JSON in [[["header": "x"]], [["cookie": "x"]], [["query": "x"]]] {
            let empty = TestRequest(target: "/?x=", headers: [("X", ""), ("cookie", "x=")])
            #expect(try self.same(key, TestRequest(target: "/a"), TestRequest(target: "/b")))
            #expect(try !self.same(key, TestRequest(), empty))
        }
    }

    @Test("a value does not run over into the next one")
    func parts() throws {
        let key: JSON = [["header": "a"], ["header": "b"]]
        func request(_ one: String?, _ other: String?) -> TestRequest {
            TestRequest(headers: (one.map { [("a", $0)] } ?? []) + (other.map { [("b", $0)] } ?? []))
        }
        let requests = [
            request("xy", "z"), request("x", "yz"), request("xyz", ""), request("xyz", nil), request(nil, "xyz"),
            request("z", "xy"),
        ]
        let rule = try rateLimit([["requests": 1, "per": "minute", "key": key]])
        #expect(Set(try requests.map { try rule.key($0) }).count == requests.count)
    }

    @Test("claims and consumers come from what access rules have found out")
    func findings() throws {
        func request(_ claims: [String: JSON]?, consumer: String? = nil) throws -> TestRequest {
            let findings = AccessFindings()
            findings.claims = claims.map { TestClaims($0) }
            if let consumer {
                let resource = try Resource(kind: .consumer, name: consumer, document: [:])
                guard case .consumer(let document) = resource.spec else { throw Unusable(what: consumer) }
                findings.consumer = ConsumerEntry(document, labels: [:])
            }
            return TestRequest(findings: findings)
        }
        let subject: JSON = [["claim": "sub"]]
        #expect(try self.same(subject, request(["sub": "ada"]), request(["sub": "ada", "other": 1])))
        #expect(try !self.same(subject, request(["sub": "ada"]), request(["sub": "eve"])))
        #expect(try self.same(subject, request([:]), TestRequest()))
        #expect(try self.same(subject, request(["sub": 7]), request(["sub": "7"])))
        #expect(try !self.same([["claim": "org.id"]], request(["org/id": "a"]), request(["org/id": "b"])))
        #expect(try self.same([["consumer": true]], request(nil), TestRequest()))
        #expect(try !self.same([["consumer": true]], request(nil, consumer: "ada"), request(nil, consumer: "eve")))
        #expect(try self.same([["consumer": true]], request(nil, consumer: "ada"), request([:], consumer: "ada")))
    }

    @Test("the seed decides")
    func seed() throws {
        let rule = try rateLimit([["requests": 1, "per": "minute"]])
        #expect(try rule.key(TestRequest(), seed: 1) != rule.key(TestRequest(), seed: 2))
    }
}

@Suite("Counts belong to what a limit is, not to where it stands") struct IdentityTests {
    private let limit: JSON = ["requests": 10, "per": "minute", "key": [["path": true]]]

    private func key(_ limits: [JSON], _ place: Int = 0, name: String = "per-user") throws -> UInt64 {
        try rateLimit(limits, name: name).key(TestRequest(), limit: place)
    }

    @Test("how much may pass, what a request costs, and other limits may change")
    func stays() throws {
        let key = try self.key([self.limit])
        let more: JSON = ["requests": 20, "cost": 2, "per": "minute", "key": [["path": true]]]
        let other: JSON = ["requests": 1, "per": "hour"]
        #expect(try self.key([more]) == key)
        #expect(try self.key([other, self.limit], 1) == key)
    }

    @Test(
        "another period, way of counting, key or condition is another limit",
        arguments: [
            ["requests": 10, "per": "hour", "key": [["path": true]]],
            ["requests": 10, "per": "minute", "burst": 10, "key": [["path": true]]],
            ["requests": 10, "per": "minute", "key": [["method": true]]],
            ["requests": 10, "per": "minute", "key": [["path": true]], "when": ["methods": ["GET"]]],
            ["requests": 10, "per": "minute", "key": [["path": true]], "when": ["path": ["exact": "/"]]],
        ] as [JSON])
    func changes(_ other: JSON) throws {
        #expect(try self.key([other]) != self.key([self.limit]))
        #expect(try self.key([other]) == self.key([other]))
    }

    @Test("limits that are alike count apart, and so do policies")
    func alike() throws {
        #expect(try self.key([self.limit, self.limit], 0) != self.key([self.limit, self.limit], 1))
        #expect(try self.key([self.limit], name: "a") != self.key([self.limit], name: "b"))
    }
}
