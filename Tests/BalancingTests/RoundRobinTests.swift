import GatewayModel
import Testing

import Balancing

@Suite("Round robin goes on through changes")
struct RoundRobinTests {
    @Test("Who recovers or comes gets its turn, and nobody has two before the others had one")
    func smooth() {
        var balancer = Balancer.make(.roundRobin, weights: [1, 1, 1, 1])
        #expect((0..<2).map { _ in balancer.pick(0) } == [0, 1])
        balancer.setUsable(3, false, now: 0)
        // Not the first again: it had its turn.
        #expect((0..<4).map { _ in balancer.pick(0) } == [2, 0, 1, 2])
        balancer.setUsable(3, true, now: 0)
        #expect((0..<5).map { _ in balancer.pick(0) } == [3, 0, 1, 2, 3])
        balancer.replace((0..<5).map { endpoint($0) }, now: 0)
        #expect((0..<6).map { _ in balancer.pick(0) } == [4, 0, 1, 2, 3, 4])
    }

    @Test("A change after every choice favours nobody")
    func restless() {
        var balancer = Balancer.make(.roundRobin, weights: [1, 1, 1, 1, 1])
        var counts = [0, 0, 0, 0, 0]
        for step in 0..<400 {
            balancer.setUsable(4, step % 2 == 0, now: 0)
            balancer.pick(0).map { counts[$0] += 1 }
        }
        #expect((counts.prefix(4).max() ?? 0) - (counts.prefix(4).min() ?? 0) <= 1)
    }

    @Test("A light endpoint gets its share though weights change all the time", arguments: [2, 3, 7])
    func restlessWeights(every: Int) {
        var balancer = Balancer.make(.roundRobin, weights: [10, 1, 20])
        var counts = [0, 0, 0]
        for step in 0..<6200 {
            if step % every == 0 {
                let other = 20 + step / every % 2
                balancer.replace([endpoint(0, weight: 10), endpoint(1), endpoint(2, weight: other)], now: 0)
            }
            balancer.pick(0).map { counts[$0] += 1 }
        }
        #expect(abs(counts[1] - 200) < 25)
        #expect(abs(counts[0] - 2000) < 60)
    }

    @Test("Every window of a round gives each endpoint its weight, within one turn")
    func windows() {
        let weights = [7, 1, 3, 3, 1]
        var balancer = Balancer.make(.roundRobin, weights: weights)
        let turns = (0..<60).compactMap { _ in balancer.pick(0) }
        for start in 0..<45 {
            for (slot, weight) in weights.enumerated() {
                #expect(abs(turns[start..<start + 15].filter { $0 == slot }.count - weight) <= 1)
            }
        }
    }

    @Test("Weight grows through slow start, and the newcomer is never sent a burst")
    func slowStart() {
        var balancer = Balancer.make(.roundRobin, weights: [1, 1], slowStart: 1000)
        balancer.replace((0..<3).map { endpoint($0) }, now: 1000)
        var numbers = TestNumbers()
        var shares: [Int] = []
        for tenth in 0..<12 {
            let turns = balancer.take(300, &numbers, now: 1000 + UInt64(tenth) * 100)
            shares.append(turns.filter { $0 == 2 }.count)
            #expect(zip(turns, turns.dropFirst()).allSatisfy { $0 != 2 || $1 != 2 })
        }
        #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 + 1 })
        #expect(shares[0] < 12)
        #expect(abs(shares[5] - 60) < 6)
        #expect(abs(shares[11] - 100) <= 1)
    }
}
