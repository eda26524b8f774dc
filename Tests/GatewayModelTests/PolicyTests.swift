import GatewayModel
import Testing

@Suite("Policies of faults and of requests at once")
struct PolicyTests {
    private func settings(_ document: JSON) throws -> TrafficPolicy.Settings? {
        guard case .trafficPolicy(let policy) = try spec(.trafficPolicy, document) else { return nil }
        return policy.settings
    }

    private func faultPolicy(_ document: JSON) throws -> FaultPolicy? {
        guard case .fault(let policy)? = try settings(["type": "fault", "fault": document]) else { return nil }
        return policy
    }

    private func concurrencyPolicy(_ document: JSON) throws -> ConcurrencyPolicy? {
        let document: JSON = ["type": "concurrency", "concurrency": document]
        guard case .concurrency(let policy)? = try settings(document) else { return nil }
        return policy
    }

    @Test("Faults befall every request, and an abort is 503, unless they say otherwise")
    func faultDefaults() throws {
        let slow = try faultPolicy(["delay": ["duration": "2s"]])
        #expect(slow?.delay?.duration == 2000 && slow?.delay?.perMillion == 1_000_000 && slow?.abort == nil)
        let broken = try faultPolicy(["abort": [:]])
        #expect(broken?.abort?.status == 503 && broken?.abort?.perMillion == 1_000_000 && broken?.delay == nil)
    }

    @Test("A policy may delay some requests and abort others")
    func bothFaults() throws {
        let policy = try faultPolicy([
            "delay": ["duration": "1ms", "percent": 0.5], "abort": ["status": 429, "percent": 10],
        ])
        #expect(policy?.delay?.duration == 1 && policy?.delay?.perMillion == 5000)
        #expect(policy?.abort?.status == 429 && policy?.abort?.perMillion == 100_000)
    }

    @Test("Requests at once: all count together, none waits, 503, unless it says otherwise")
    func concurrencyDefaults() throws {
        let policy = try concurrencyPolicy(["requests": 10])
        #expect(policy?.requests == 10 && policy?.key == [] && policy?.queued == 0 && policy?.status == 503)
        let waiting = try concurrencyPolicy(["requests": 1, "queue": ["requests": 5]])
        #expect(waiting?.queued == 5 && waiting?.queueTimeout == 1000)
    }

    @Test("Every setting of requests at once is read")
    func concurrencySettings() throws {
        let policy = try concurrencyPolicy([
            "requests": 1, "queue": ["requests": 5, "timeout": "5s"], "status": 429,
            "key": [
                ["clientAddress": true], ["path": true], ["method": true], ["header": "X-Tenant"], ["cookie": "Id"],
                ["query": "k"],
            ],
        ])
        #expect(policy?.queueTimeout == 5000 && policy?.status == 429)
        #expect(
            policy?.key == [.clientAddress, .path, .method, .header("x-tenant"), .cookie("Id"), .query("k")])
    }

    private static let wrongFaults: [(JSON, [String])] = [
        ([:], ["/fault required"]),
        (["delay": [:]], ["/fault/delay/duration required"]),
        (["delay": ["duration": "0s"]], ["/fault/delay/duration range"]),
        (["delay": ["duration": "1s", "percent": 101]], ["/fault/delay/percent range"]),
        (["abort": ["status": 399]], ["/fault/abort/status range"]),
        (["abort": ["status": 600]], ["/fault/abort/status range"]),
        (["abort": ["percent": -0.1]], ["/fault/abort/percent range"]),
        (["abort": ["grpc": 14]], ["/fault/abort/grpc unknown-field"]),
    ]

    @Test("What is no fault", arguments: wrongFaults)
    func refusedFaults(_ settings: JSON, _ expected: [String]) {
        #expect(faults(.trafficPolicy, ["type": "fault", "fault": settings]) == expected)
    }

    private static let wrongLimits: [(JSON, [String])] = [
        ([:], ["/concurrency/requests required"]),
        (["requests": 0], ["/concurrency/requests range"]),
        (["requests": 10_000_001], ["/concurrency/requests range"]),
        (["requests": 1, "status": 500], ["/concurrency/status range"]),
        (["requests": 1, "queue": [:]], ["/concurrency/queue/requests required"]),
        (["requests": 1, "queue": ["requests": 0]], ["/concurrency/queue/requests range"]),
        (["requests": 1, "queue": ["requests": 1, "timeout": "0s"]], ["/concurrency/queue/timeout range"]),
        (["requests": 1, "key": [[:]]], ["/concurrency/key/0 required"]),
        (["requests": 1, "key": [["path": true, "method": true]]], ["/concurrency/key/0 required"]),
        (["requests": 1, "key": [["path": false]]], ["/concurrency/key/0/path range"]),
        (["requests": 1, "key": [["header": "a b"]]], ["/concurrency/key/0/header format"]),
        (["requests": 1, "key": [["consumer": true]]], ["/concurrency/key/0/consumer unsupported"]),
        (["requests": 1, "key": ["path"]], ["/concurrency/key/0 type"]),
    ]

    @Test("What is no limit of requests at once", arguments: wrongLimits)
    func refusedLimits(_ settings: JSON, _ expected: [String]) {
        #expect(faults(.trafficPolicy, ["type": "concurrency", "concurrency": settings]) == expected)
    }

    private static let mixed: [(JSON, [String])] = [
        (["type": "fault"], ["/fault required"]),
        (["type": "concurrency"], ["/concurrency required"]),
        (["type": "fault", "fault": 5], ["/fault type"]),
        (["type": "fault", "fault": ["abort": [:]], "compression": [:]], ["/compression conflict"]),
        (["type": "compression", "fault": ["abort": [:]]], ["/fault conflict"]),
        (["type": "fault", "fault": ["abort": [:]], "observe": false], []),
    ]

    @Test("The settings are those of the type", arguments: mixed)
    func onlyOneType(_ document: JSON, _ expected: [String]) {
        #expect(faults(.trafficPolicy, document) == expected)
    }

    @Test("Types of a later version", arguments: ["rate-limit", "body", "waf", "headers"])
    func later(_ type: String) {
        #expect(faults(.trafficPolicy, ["type": .string(type)]) == ["/type unsupported"])
    }
}
