import GatewayModel

import Balancing

/// The same numbers in every run (SplitMix64, Steele 2014).
struct TestNumbers {
    private var state: UInt64 = 7

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// An endpoint by its number; the key does not depend on where it stands.
func endpoint(_ number: Int, weight: Int = 1, backup: Bool = false) -> BalancedEndpoint {
    BalancedEndpoint(weight: weight, isBackup: backup, key: KeyHash.hash("10.0.0.\(number):80"))
}

extension Balancer {
    static func make(
        _ algorithm: LoadBalancing.Algorithm, weights: [Int], backups: [Int] = [], panic: Int = 50,
        slowStart: UInt64 = 0
    ) -> Balancer {
        var settings = LoadBalancing()
        settings.algorithm = algorithm
        settings.slowStart = slowStart
        var balancer = Balancer(settings, panicThreshold: panic)
        let regular = weights.enumerated().map { endpoint($0, weight: $1) }
        let backup = backups.enumerated().map { endpoint(1000 + $0, weight: $1, backup: true) }
        balancer.replace(regular + backup, now: 0)
        return balancer
    }

    mutating func pick(_ random: UInt64, now: UInt64 = 0) -> Int? {
        self.pick(random, hash: nil, avoiding: TriedEndpoints(), now: now)
    }

    mutating func take(_ count: Int, _ numbers: inout TestNumbers, now: UInt64 = 0) -> [Int?] {
        (0..<count).map { _ in self.pick(numbers.next(), now: now) }
    }

    /// How often each slot is chosen.
    mutating func counts(_ count: Int, slots: Int, _ numbers: inout TestNumbers, now: UInt64 = 0) -> [Int] {
        var counts = Array(repeating: 0, count: slots)
        for _ in 0..<count { self.pick(numbers.next(), now: now).map { counts[$0] += 1 } }
        return counts
    }
}
