import GatewayModel
import GatewaySnapshot
import Testing

@Suite("Regular expressions that do not compile are found") struct PatternCheckTests {
    @Test("those of rate limits, each where it stands")
    func rateLimits() throws {
        let resource = try Resource(
            kind: .trafficPolicy, name: "slow",
            document: [
                "type": "rate-limit",
                "rateLimit": [
                    "limits": [
                        ["requests": 1, "per": "day", "when": ["path": ["regex": "^/a+$"]]],
                        ["requests": 1, "per": "day", "when": ["path": ["regex": "("]]],
                        [
                            "requests": 1, "per": "day",
                            "when": ["headers": [["name": "a", "exact": "("], ["name": "b", "regex": "["]]],
                        ],
                    ]
                ],
            ])
        #expect(
            resource.patternFaults.map(\.pointer) == [
                "/rateLimit/limits/1/when/path/regex", "/rateLimit/limits/2/when/headers/1/regex",
            ])
        #expect(resource.patternFaults.allSatisfy { $0.code == "regex" })
    }
}
