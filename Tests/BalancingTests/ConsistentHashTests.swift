import GatewayModel
import Testing

import Balancing

@Suite("Consistent hashing")
struct ConsistentHashTests {
    private static let keys = (0..<20_000).map { KeyHash.hash("user-\($0)") }

    private func make(_ endpoints: [BalancedEndpoint?], panic: Int = 0) -> Balancer {
        var settings = LoadBalancing()
        settings.algorithm = .consistentHash
        var balancer = Balancer(settings, panicThreshold: panic)
        balancer.replace(endpoints, now: 0)
        return balancer
    }

    private func places(_ balancer: inout Balancer) -> [Int?] {
        Self.keys.map { balancer.pick(0, hash: $0, avoiding: TriedEndpoints(), now: 0) }
    }

    private func moved(_ one: [Int?], _ other: [Int?]) -> Double {
        Double(zip(one, other).filter { $0 != $1 }.count) / Double(one.count)
    }

    @Test("The hash is the same everywhere and always")
    func stable() {
        #expect(KeyHash.hash("10.0.0.1:80") == KeyHash.hash("10.0.0.1:80"))
        #expect(Array("abc".utf8).withUnsafeBytes { KeyHash.hash($0) } == KeyHash.hash("abc"))
        #expect(KeyHash.hash("") == 0xEFD0_1F60_BA99_2926)
    }

    @Test("Keys keep their endpoint whatever is random, and in whatever order endpoints come")
    func sameEverywhere() {
        let endpoints = (0..<10).map { endpoint($0, weight: $0 % 3 + 1) }
        var one = self.make(endpoints)
        var other = self.make(Array(endpoints.reversed()))
        let there = self.places(&other).map { $0.map { 9 - $0 } }
        #expect(self.places(&one) == there)
        #expect(
            one.pick(1, hash: 5, avoiding: TriedEndpoints(), now: 0)
                == one.pick(.max, hash: 5, avoiding: TriedEndpoints(), now: 9))
    }

    @Test("Weights are honoured", arguments: [[1, 1, 1], [1, 2, 5], [10, 1, 0, 9]])
    func weighted(weights: [Int]) {
        var balancer = self.make(weights.enumerated().map { endpoint($0, weight: $1) })
        let places = self.places(&balancer)
        let sum = Double(weights.reduce(0, +))
        for (slot, weight) in weights.enumerated() {
            let share = Double(places.filter { $0 == slot }.count) / Double(places.count)
            #expect(abs(share - Double(weight) / sum) < 0.015)
        }
    }

    @Test("An endpoint that comes or goes moves its share, and few keys besides", arguments: [3, 10, 50])
    func fewMove(count: Int) {
        let endpoints: [BalancedEndpoint?] = (0..<count).map { endpoint($0) }
        var balancer = self.make(endpoints)
        let before = self.places(&balancer)
        balancer.replace(endpoints.dropLast() + [nil], now: 0)
        let without = self.places(&balancer)
        let share = 1 / Double(count)
        #expect(self.moved(before, without) >= share * 0.8)
        #expect(self.moved(before, without) <= share * 1.5 + 0.01)
        balancer.replace(endpoints, now: 0)
        #expect(self.places(&balancer) == before)
    }

    @Test("An endpoint that fails moves its own keys alone, to all of the others, and gets them back")
    func failure() {
        var balancer = self.make((0..<10).map { endpoint($0) })
        let before = self.places(&balancer)
        balancer.setUsable(4, false, now: 0)
        let during = self.places(&balancer)
        #expect(zip(before, during).allSatisfy { $0 == 4 ? $1 != 4 : $0 == $1 })
        #expect(Set(zip(before, during).filter { $0.0 == 4 }.map(\.1)).count == 9)
        balancer.setUsable(4, true, now: 0)
        #expect(self.places(&balancer) == before)
    }

    @Test("Where most are down the few share the keys by weight")
    func fewLeft() {
        var balancer = self.make((0..<10).map { endpoint($0) })
        for slot in 2..<10 { balancer.setUsable(slot, false, now: 0) }
        let places = self.places(&balancer)
        let first = places.filter { $0 == 0 }.count
        #expect(places.allSatisfy { $0 == 0 || $0 == 1 })
        #expect(abs(first - places.count / 2) < places.count / 50)
    }

    @Test("A key goes to a backup or does not, and stays with it")
    func backups() {
        var balancer = self.make((0..<4).map { endpoint($0) } + [endpoint(9, backup: true)])
        balancer.setUsable(0, false, now: 0)
        balancer.setUsable(1, false, now: 0)
        let places = self.places(&balancer)
        #expect(places == self.places(&balancer))
        #expect(abs(Double(places.filter { $0 == 4 }.count) / Double(places.count) - 0.3) < 0.02)
    }

    @Test("A retry walks on from the key's place: the same way each time")
    func walk() {
        var balancer = self.make((0..<10).map { endpoint($0) })
        for key in Self.keys.prefix(500) {
            guard let first = balancer.pick(0, hash: key, avoiding: TriedEndpoints(), now: 0) else { continue }
            var tried = TriedEndpoints()
            tried.insert(first)
            let second = balancer.pick(1, hash: key, avoiding: tried, now: 0)
            #expect(second != first)
            #expect(second == balancer.pick(2, hash: key, avoiding: tried, now: 0))
        }
    }
}
