import GatewayModel
import HTTPWire
import RateLimiting
import Testing
import TrafficControl

@Suite("Rate limits, compiled") struct RateLimitRuleTests {
    private func text(_ write: (inout ByteWriter) -> Void) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 200) { memory in
            guard let base = memory.baseAddress else { return "" }
            var writer = ByteWriter(base, capacity: 200)
            write(&writer)
            return String(decoding: UnsafeBufferPointer(start: base, count: writer.count), as: UTF8.self)
        }
    }

    @Test("fields name the policy and say how much, in which time, what is left and until when")
    func fields() throws {
        let rule = try rateLimit([["requests": 100, "per": "minute"]])
        let decision = LimitDecision(isAllowed: true, remaining: 99, resetsIn: 29_001, retryAfter: 0)
        #expect(self.text { rule.limits[0].writePolicy(into: &$0) } == #""per-user";q=100;w=60"#)
        #expect(self.text { rule.limits[0].write(decision, into: &$0) } == #""per-user";r=99;t=30"#)
    }

    @Test("several limits of a policy are numbered")
    func numbered() throws {
        let rule = try rateLimit([["requests": 5, "per": "second", "burst": 10], ["requests": 7, "per": "day"]])
        let decision = LimitDecision(isAllowed: false, remaining: 0, resetsIn: 0, retryAfter: 0)
        #expect(self.text { rule.limits[0].writePolicy(into: &$0) } == #""per-user-1";q=5;w=1"#)
        #expect(self.text { rule.limits[1].writePolicy(into: &$0) } == #""per-user-2";q=7;w=86400"#)
        #expect(self.text { rule.limits[1].write(decision, into: &$0) } == #""per-user-2";r=0;t=0"#)
    }

    @Test(
        "seconds are rounded up",
        arguments: [(0, 0), (1, 1), (1000, 1), (1001, 2), (UInt64.max, 18_446_744_073_709_552)] as [(UInt64, UInt64)])
    func seconds(_ milliseconds: UInt64, _ seconds: UInt64) {
        #expect(milliseconds.wholeSeconds == seconds)
    }

    @Test("a condition says which requests count; one that is given up holds")
    func conditions() throws {
        let posts: JSON = ["requests": 1, "per": "day", "when": ["methods": ["POST"], "path": ["prefix": "/api"]]]
        let costly: JSON = [
            "requests": 1, "per": "day", "when": ["headers": [["name": "x", "regex": "(a|a|aa)+(b|b)*(a|aa)+$"]]],
        ]
        let rule = try rateLimit([posts, costly, ["requests": 1, "per": "day"]])
        func counts(_ request: TestRequest) throws -> [Bool] {
            try request.with { request in rule.limits.map { $0.counts(request) } }
        }
        #expect(try counts(TestRequest(method: "POST", target: "/api/x")) == [true, false, true])
        #expect(try counts(TestRequest(method: "GET", target: "/api/x")) == [false, false, true])
        #expect(try counts(TestRequest(method: "POST", target: "/apix")) == [false, false, true])
        let attack = String(repeating: "a", count: 4000) + "!"
        #expect(try counts(TestRequest(headers: [("x", attack)])) == [false, true, true])
    }
}

@Suite("Plans of traffic rules") struct PlanTests {
    private func all() throws -> TrafficResources {
        try resources([
            ("few", ["type": "concurrency", "concurrency": ["maxRequests": 2]]),
            ("small", ["type": "body", "body": ["maxBytes": 10]]),
            ("slow", ["type": "rate-limit", "rateLimit": ["limits": [["requests": 1, "per": "day"]]]]),
            (
                "global",
                ["type": "rate-limit", "rateLimit": ["scope": "global", "limits": [["requests": 1, "per": "day"]]]]
            ),
            ("delay", ["type": "fault", "fault": ["abort": [:]]]),
        ])
    }

    @Test("rules stand in the order of their names, by what they limit")
    func order() throws {
        let plan = try #require(try self.all().plan(["small", "global", "few", "delay", "nobody", "slow"]))
        #expect(plan.limits.map(\.name) == ["global", "slow"])
        #expect(plan.limits.map(\.isLocal) == [false, true])
        #expect(plan.limitsAtHand.map { $0.takeUnretainedValue().name } == ["global", "slow"])
        #expect((plan.concurrency.map(\.name), plan.bodies.map(\.name)) == (["few"], ["small"]))
    }

    @Test("policies that refuse nothing make no plan")
    func none() throws {
        #expect(try self.all().plan(["delay", "nobody"]) == nil)
        var resources = try self.all()
        resources.remove(policy: "few")
        #expect(resources.plan(["few"]) == nil)
    }

    @Test("a policy that is changed is the same policy")
    func identity() throws {
        let one = try rateLimit([["requests": 1, "per": "day"]])
        let other = try rateLimit([["requests": 2, "per": "hour"]])
        #expect(one.identity == other.identity && one !== other)
    }

    @Test("requests under way are counted by the policy's name and their key")
    func concurrency() throws {
        let keyed: JSON = ["type": "concurrency", "concurrency": ["maxRequests": 2, "key": [["path": true]]]]
        let plan = try #require(try resources([("a", keyed), ("b", keyed)]).plan(["a", "b"]))
        func keys(_ target: String) throws -> [UInt64] {
            try TestRequest(target: target).with { request in plan.concurrency.map { $0.key(of: request, seed: 1) } }
        }
        #expect(Set(try keys("/x") + keys("/y")).count == 4)
        #expect(try keys("/x") == keys("/x?q"))
    }
}
