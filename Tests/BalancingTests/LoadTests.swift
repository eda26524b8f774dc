import GatewayModel
import Testing

import Balancing

@Suite("Choice by load and latency")
struct LoadTests {
    /// The share of `slot` when every request takes as long as its endpoint says, one after the other.
    private func share(of slot: Int, _ balancer: inout Balancer, microseconds: [UInt64], from now: UInt64) -> Double {
        var numbers = TestNumbers()
        var count = 0
        for step in 0..<2000 {
            let time = now + UInt64(step) / 10
            guard let chosen = balancer.pick(numbers.next(), now: time) else { continue }
            balancer.started(chosen)
            balancer.finished(chosen, took: microseconds[chosen] + numbers.next() % 500, now: time)
            count += chosen == slot ? 1 : 0
        }
        return Double(count) / 2000
    }

    @Test("Peak EWMA turns away from a slow endpoint at once, and comes back when it has recovered")
    func peak() {
        var balancer = Balancer.make(.peakEWMA, weights: [1, 1, 1])
        #expect(self.share(of: 2, &balancer, microseconds: [1000, 1000, 50_000], from: 0) < 0.01)
        // A minute later what was slow is forgotten.
        #expect(self.share(of: 2, &balancer, microseconds: [1000, 1000, 1000], from: 120_000) > 0.2)
    }

    @Test("Of two with the same latency the one with fewer requests under way is taken")
    func queue() {
        var numbers = TestNumbers()
        var balancer = Balancer.make(.peakEWMA, weights: [1, 1])
        for slot in 0..<2 {
            balancer.started(slot)
            balancer.finished(slot, took: 1000, now: 0)
        }
        balancer.started(0)
        #expect(balancer.take(50, &numbers).allSatisfy { $0 == 1 })
    }

    @Test("An unknown endpoint is tried by one request before others follow, and failure is no invitation")
    func unknown() {
        var numbers = TestNumbers()
        var balancer = Balancer.make(.peakEWMA, weights: [1, 1])
        balancer.started(0)
        balancer.finished(0, took: 1000, now: 0)
        #expect(balancer.take(20, &numbers).allSatisfy { $0 == 1 })
        balancer.started(1)
        #expect(balancer.take(20, &numbers).allSatisfy { $0 == 0 })
        balancer.failed(1, now: 0)
        balancer.finished(1, took: nil, now: 0)
        #expect(balancer.take(20, &numbers).allSatisfy { $0 == 0 })
    }

    @Test("A clock that goes back and a latency without measure break nothing")
    func extremes() {
        var balancer = Balancer.make(.peakEWMA, weights: [1, 1])
        balancer.started(0)
        balancer.started(0)
        balancer.finished(0, took: .max, now: .max)
        balancer.finished(0, took: 0, now: 0)
        #expect(balancer.pick(1, now: 0) == 1)
        #expect(balancer.pick(1, now: .max) != nil)
    }

    @Test("Slow start gives a newcomer a growing share", arguments: [LoadBalancing.Algorithm.leastRequest, .peakEWMA])
    func slowStart(algorithm: LoadBalancing.Algorithm) {
        var numbers = TestNumbers()
        var balancer = Balancer.make(algorithm, weights: [2, 2], slowStart: 10_000)
        // The first ones are warm: there is nobody to compare with.
        #expect(abs(balancer.counts(4000, slots: 2, &numbers)[0] - 2000) < 200)
        balancer.setUsable(1, false, now: 100)
        balancer.setUsable(1, true, now: 1000)
        let shares = [1000, 3500, 6000, 11_000].map { now -> Int in
            for slot in 0..<2 where algorithm == .peakEWMA {
                balancer.started(slot)
                balancer.finished(slot, took: 1000, now: UInt64(now))
            }
            return balancer.counts(6000, slots: 2, &numbers, now: UInt64(now))[1]
        }
        #expect(shares[0] < shares[1] && shares[1] < shares[2] && shares[2] < shares[3])
        #expect(shares[0] < 600)
        #expect(abs(shares[3] - 3000) < 1000)
    }

    @Test("A choice looks at as many endpoints among a thousand as among ten")
    func constant() {
        // Of a thousand idle endpoints of equal weight two are drawn: the others' load does not matter.
        var numbers = TestNumbers()
        var balancer = Balancer.make(.leastRequest, weights: Array(repeating: 1, count: 1000))
        let counts = balancer.counts(100_000, slots: 1000, &numbers)
        #expect(counts.allSatisfy { (40...180).contains($0) })
    }
}
