import GatewayModel
import Testing

import Balancing

@Suite("Choice of an endpoint")
struct BalancerTests {
    @Test("Smooth round robin interleaves by weight")
    func smooth() {
        var balancer = Balancer.make(.roundRobin, weights: [5, 1, 1])
        #expect((0..<14).map { _ in balancer.pick(0) } == [0, 1, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 2, 0])
    }

    @Test("Equal weights go round, endpoints of weight 0 are left out", arguments: [1, 7, 1_000_000])
    func even(weight: Int) {
        var balancer = Balancer.make(.roundRobin, weights: [weight, 0, weight, weight])
        #expect((0..<6).map { _ in balancer.pick(0) } == [0, 2, 3, 0, 2, 3])
    }

    @Test(
        "A round gives each endpoint exactly its weight", arguments: [[3, 6, 9], [1, 1000], [7, 0, 13, 31], [2, 3]])
    func exact(weights: [Int]) {
        var balancer = Balancer.make(.roundRobin, weights: weights)
        var counts = weights.map { _ in 0 }
        for _ in 0..<weights.reduce(0, +) { balancer.pick(0).map { counts[$0] += 1 } }
        #expect(counts == weights)
    }

    @Test(
        "Nothing to choose from is no endpoint", arguments: LoadBalancing.Algorithm.allCases, [[], [0], [0, 0], [-1]])
    func none(algorithm: LoadBalancing.Algorithm, weights: [Int]) {
        var balancer = Balancer.make(algorithm, weights: weights)
        balancer.started(0)
        balancer.finished(99, took: nil, now: 0)
        balancer.finished(-1, took: 1, now: 0)
        #expect(balancer.pick(.max) == nil)
    }

    @Test("Of two endpoints the less busy is taken, whatever the draw")
    func lessBusy() {
        var numbers = TestNumbers()
        var balancer = Balancer.make(.leastRequest, weights: [1, 0, 1])
        balancer.started(0)
        for _ in 0..<200 { #expect(balancer.pick(numbers.next()) == 2) }
        balancer.started(2)
        balancer.started(2)
        for _ in 0..<200 { #expect(balancer.pick(numbers.next()) == 0) }
        balancer.finished(2, took: nil, now: 0)
        balancer.finished(2, took: nil, now: 0)
        for _ in 0..<200 { #expect(balancer.pick(numbers.next()) == 2) }
    }

    @Test("Idle endpoints are drawn by weight", arguments: [[1, 1], [1, 3], [5, 0, 1, 2, 2], [1, 1000]])
    func drawsByWeight(weights: [Int]) {
        var numbers = TestNumbers()
        var balancer = Balancer.make(.leastRequest, weights: weights)
        var counts = weights.map { _ in 0.0 }
        for _ in 0..<100_000 { balancer.pick(numbers.next()).map { counts[$0] += 1 } }
        let sum = Double(weights.reduce(0, +))
        for (count, weight) in zip(counts, weights) {
            #expect(abs(count / 100_000 - Double(weight) / sum) < 0.01)
            #expect(weight > 0 || count == 0)
        }
    }

    @Test("Requests under way settle in the ratio of the weights")
    func settles() {
        var numbers = TestNumbers()
        var balancer = Balancer.make(.leastRequest, weights: [1, 2, 1])
        var counts = [0, 0, 0]
        for _ in 0..<4000 {
            guard let endpoint = balancer.pick(numbers.next()) else { continue }
            balancer.started(endpoint)
            counts[endpoint] += 1
        }
        for (count, expected) in zip(counts, [1000, 2000, 1000]) { #expect(abs(count - expected) < 60) }
    }

    @Test("The edges of the random range stay within the endpoints", arguments: [[1, 1, 1], [1, 2, 3], [4]])
    func edges(weights: [Int]) {
        var balancer = Balancer.make(.leastRequest, weights: weights)
        for random in [0, .max, 0xFFFF_FFFF, 0xFFFF_FFFF_0000_0000] as [UInt64] {
            let endpoint = balancer.pick(random)
            #expect(endpoint.map(weights.indices.contains) == true)
        }
    }
}
