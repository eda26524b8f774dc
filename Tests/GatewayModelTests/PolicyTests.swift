import GatewayModel
import Testing

@Suite("Policies of faults")
struct PolicyTests {
    private func settings(_ document: JSON) throws -> TrafficPolicy.Settings? {
        guard case .trafficPolicy(let policy) = try spec(.trafficPolicy, document) else { return nil }
        return policy.settings
    }

    private func faultPolicy(_ document: JSON) throws -> FaultPolicy? {
        guard case .fault(let policy)? = try settings(["type": "fault", "fault": document]) else { return nil }
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

    private static let mixed: [(JSON, [String])] = [
        (["type": "fault"], ["/fault required"]),
        (["type": "fault", "fault": 5], ["/fault type"]),
        (["type": "fault", "fault": ["abort": [:]], "compression": [:]], ["/compression conflict"]),
        (["type": "compression", "fault": ["abort": [:]]], ["/fault conflict"]),
        (["type": "fault", "fault": ["abort": [:]], "observe": false], []),
        (["type": "fault", "fault": ["abort": [:]], "observe": true], ["/observe conflict"]),
        (["type": "waf", "observe": true], []),
        (["type": "rate-limit"], ["/rateLimit required"]),
    ]

    @Test("The settings are those of the type", arguments: mixed)
    func onlyOneType(_ document: JSON, _ expected: [String]) {
        #expect(faults(.trafficPolicy, document) == expected)
    }
}
