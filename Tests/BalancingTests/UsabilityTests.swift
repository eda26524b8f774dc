import GatewayModel
import Testing

import Balancing

@Suite("Who may be used: health, backups, panic")
struct UsabilityTests {
    @Test("Unusable endpoints get nothing, and all of it comes back", arguments: LoadBalancing.Algorithm.allCases)
    func health(algorithm: LoadBalancing.Algorithm) {
        var numbers = TestNumbers()
        var balancer = Balancer.make(algorithm, weights: [1, 2, 1, 3])
        balancer.setUsable(1, false, now: 0)
        #expect(balancer.usableCount == 3)
        #expect(balancer.isUsable(1) == false)
        let during = balancer.counts(2000, slots: 4, &numbers)
        #expect(during[1] == 0)
        #expect(during.filter { $0 > 0 }.count == 3)
        balancer.setUsable(1, true, now: 0)
        #expect(balancer.counts(2000, slots: 4, &numbers).allSatisfy { $0 > 0 })
    }

    @Test("The only endpoint is used in a panic, and not without one", arguments: LoadBalancing.Algorithm.allCases)
    func only(algorithm: LoadBalancing.Algorithm) {
        var balancer = Balancer.make(algorithm, weights: [1], panic: 50)
        balancer.setUsable(0, false, now: 0)
        #expect(balancer.isPanicking == true)
        #expect(balancer.pick(5) == 0)
        var calm = Balancer.make(algorithm, weights: [1], panic: 0)
        calm.setUsable(0, false, now: 0)
        #expect(calm.isPanicking == false)
        #expect(calm.pick(5) == nil)
        calm.setUsable(0, true, now: 0)
        #expect(calm.pick(5) == 0)
    }

    @Test("Panic begins below the threshold, not at it", arguments: LoadBalancing.Algorithm.allCases)
    func threshold(algorithm: LoadBalancing.Algorithm) {
        var numbers = TestNumbers()
        var balancer = Balancer.make(algorithm, weights: [1, 1, 1, 1], panic: 50)
        balancer.setUsable(0, false, now: 0)
        balancer.setUsable(1, false, now: 0)
        #expect(balancer.isPanicking == false)
        #expect(balancer.counts(500, slots: 4, &numbers).prefix(2) == [0, 0])
        balancer.setUsable(2, false, now: 0)
        #expect(balancer.isPanicking == true)
        #expect(balancer.usableCount == 1)
        #expect(balancer.counts(500, slots: 4, &numbers).allSatisfy { $0 > 0 })
        balancer.setUsable(0, true, now: 0)
        #expect(balancer.counts(500, slots: 4, &numbers)[1] == 0)
    }

    @Test(
        "Backups take what fewer than 72 % of the others cannot carry",
        arguments: [(100, 100), (72, 100), (71, 99), (50, 70), (36, 50), (1, 1), (0, 0)])
    func backups(usable: Int, share: Int) {
        var numbers = TestNumbers()
        var balancer = Balancer.make(
            .random, weights: Array(repeating: 1, count: 100), backups: Array(repeating: 1, count: 100), panic: 0)
        for slot in usable..<100 { balancer.setUsable(slot, false, now: 0) }
        let counts = balancer.counts(20_000, slots: 200, &numbers)
        #expect(counts[usable..<100].allSatisfy { $0 == 0 })
        let regular = counts.prefix(100).reduce(0, +)
        #expect(abs(regular - share * 200) < 300)
        #expect(share > 0 && share < 100 || regular == share * 200)
    }

    @Test("Without a usable backup the rest carries everything", arguments: LoadBalancing.Algorithm.allCases)
    func noBackup(algorithm: LoadBalancing.Algorithm) {
        var numbers = TestNumbers()
        var balancer = Balancer.make(algorithm, weights: [1, 1, 1, 1], backups: [1], panic: 0)
        for slot in [0, 1, 4] { balancer.setUsable(slot, false, now: 0) }
        let counts = balancer.counts(1000, slots: 5, &numbers)
        #expect(counts[2] + counts[3] == 1000)
    }

    @Test("Backups that can carry the load do so, however few endpoints are usable, without a panic")
    func backupsInsteadOfPanic() {
        var numbers = TestNumbers()
        var balancer = Balancer.make(.leastRequest, weights: Array(repeating: 1, count: 9), backups: [1], panic: 50)
        for slot in 0..<9 { balancer.setUsable(slot, false, now: 0) }
        #expect(balancer.isPanicking == false)
        #expect(balancer.counts(100, slots: 10, &numbers)[9] == 100)
        balancer.setUsable(9, false, now: 0)
        #expect(balancer.isPanicking == true)
        #expect(balancer.counts(2000, slots: 10, &numbers).allSatisfy { $0 > 0 })
    }

    @Test("Only backups are an upstream too", arguments: LoadBalancing.Algorithm.allCases)
    func onlyBackups(algorithm: LoadBalancing.Algorithm) {
        var balancer = Balancer.make(algorithm, weights: [], backups: [1])
        #expect(balancer.pick(3) == 0)
    }

    @Test("Weight 0 gets nothing, not even in a panic, and does not count", arguments: LoadBalancing.Algorithm.allCases)
    func zero(algorithm: LoadBalancing.Algorithm) {
        var numbers = TestNumbers()
        var balancer = Balancer.make(algorithm, weights: [0, 1, 0, 1, 0])
        #expect(balancer.usableCount == 2)
        balancer.setUsable(1, false, now: 0)
        #expect(balancer.isPanicking == false)
        balancer.setUsable(3, false, now: 0)
        #expect(balancer.isPanicking == true)
        let counts = balancer.counts(200, slots: 5, &numbers)
        #expect(counts[1] > 0 && counts[3] > 0 && counts[1] + counts[3] == 200)
    }

    @Test("A retry goes elsewhere while there is an elsewhere", arguments: LoadBalancing.Algorithm.allCases)
    func tried(algorithm: LoadBalancing.Algorithm) {
        var numbers = TestNumbers()
        var balancer = Balancer.make(algorithm, weights: [1000, 1, 1, 0], backups: [1], panic: 0)
        balancer.setUsable(2, false, now: 0)
        for _ in 0..<300 {
            var tried = TriedEndpoints()
            var seen: [Int] = []
            for _ in 0..<3 {
                guard let slot = balancer.pick(numbers.next(), hash: 77, avoiding: tried, now: 0) else { continue }
                seen.append(slot)
                tried.insert(slot)
            }
            #expect(Set(seen) == [0, 1, 4])
            // All have been tried: any of those that are usable.
            let again = balancer.pick(numbers.next(), hash: 77, avoiding: tried, now: 0)
            #expect(again.map([0, 1, 4].contains) == true)
        }
    }

    @Test("Tried endpoints are remembered, the latest twelve of them")
    func triedSet() {
        var tried = TriedEndpoints()
        #expect(tried.isEmpty && !tried.contains(0) && !tried.contains(-1) && !tried.contains(-2))
        for slot in 0..<12 { tried.insert(slot) }
        #expect((0..<12).allSatisfy { tried.contains($0) } && !tried.isEmpty && !tried.contains(-5))
        tried.insert(99)
        #expect(tried.contains(99) && !tried.contains(0) && tried.contains(11))
        tried.insert(-1)
        #expect(!tried.contains(-1))
    }

    @Test("Where the key of a slot stays, load and health stay; another key starts anew")
    func replaced() {
        var balancer = Balancer.make(.leastRequest, weights: [1, 1], panic: 0)
        balancer.started(0)
        balancer.started(1)
        balancer.setUsable(1, false, now: 0)
        balancer.replace([endpoint(7), endpoint(1, weight: 5)], now: 0)
        #expect(balancer.inFlight(0) == 0 && balancer.inFlight(1) == 1)
        #expect(balancer.isUsable(0) && !balancer.isUsable(1))
        balancer.finished(0, took: 1, now: 0)
        #expect(balancer.inFlight(0) == 0)
        balancer.replace([nil, endpoint(1)], now: 0)
        #expect(!balancer.isUsable(0) && balancer.pick(1) == nil)
        balancer.replace([nil, nil], now: 0)
        balancer.replace([nil, endpoint(1)], now: 0)
        #expect(balancer.isUsable(1) && balancer.inFlight(1) == 1)
    }
}
