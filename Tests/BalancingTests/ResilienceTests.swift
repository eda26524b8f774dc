import GatewayModel
import Testing

import Balancing

/// By reference, so that expectations can call what changes it.
private final class Detector {
    private var detector: OutlierDetector

    init(_ settings: PassiveCheck, count: Int) {
        self.detector = OutlierDetector(settings)
        self.detector.replace(count: count)
    }

    var ejectedCount: Int { self.detector.ejectedCount }
    var nextCheck: UInt64? { self.detector.nextCheck }

    func isEjected(_ slot: Int) -> Bool { self.detector.isEjected(slot) }

    func record(
        _ slot: Int, _ outcome: OutlierDetector.Outcome, of count: Int = 4, usable: Int = .max, now: UInt64 = 0
    ) -> Bool {
        self.detector.record(slot, outcome, of: count, usable: usable, now: now)
    }

    /// Five errors.
    func eject(_ slot: Int, of count: Int = 4, now: UInt64 = 0) -> Bool {
        (0..<5).contains { _ in self.record(slot, .serverError, of: count, now: now) }
    }

    /// Who is in again.
    func ended(now: UInt64) -> [Int] {
        var slots: [Int] = []
        self.detector.endOverdue(now: now) { slots.append($0) }
        return slots
    }

    func replace(count: Int) { self.detector.replace(count: count) }

    func reset(_ slot: Int) { self.detector.reset(slot) }
}

@Suite("Outlier detection")
struct OutlierDetectorTests {
    private func make(_ count: Int = 4, _ change: (inout PassiveCheck) -> Void = { _ in }) -> Detector {
        var settings = PassiveCheck()
        settings.consecutiveGatewayErrors = 3
        change(&settings)
        return Detector(settings, count: count)
    }

    @Test("Five errors in a row eject; a success in between forgives")
    func consecutive() {
        let detector = self.make()
        for _ in 0..<4 { #expect(!detector.record(0, .serverError)) }
        #expect(!detector.record(0, .success))
        for _ in 0..<4 { #expect(!detector.record(0, .serverError)) }
        #expect(detector.record(0, .serverError))
        #expect(detector.isEjected(0) && detector.ejectedCount == 1)
        #expect(!detector.record(0, .serverError))
    }

    @Test("Gateway errors and failures count for both, other errors break their row")
    func gatewayErrors() {
        let detector = self.make()
        for outcome in [.gatewayError, .failure, .serverError, .gatewayError] as [OutlierDetector.Outcome] {
            #expect(!detector.record(0, outcome))
        }
        #expect(detector.record(0, .failure))
        #expect(!detector.record(1, .failure))
        #expect(!detector.record(1, .gatewayError))
        #expect(detector.record(1, .failure))
    }

    @Test("Thresholds of 0 do not count")
    func off() {
        let detector = self.make {
            $0.consecutive5xx = 0
            $0.consecutiveGatewayErrors = 0
        }
        #expect(!(0..<100).contains { _ in detector.record(0, .failure) })
    }

    @Test("It is in again at the check after its time, and longer out the next time")
    func duration() {
        let detector = self.make()
        #expect(detector.nextCheck == nil)
        #expect(detector.eject(0, now: 1000))
        #expect(detector.nextCheck == 4000)
        #expect(detector.ended(now: 3999).isEmpty)
        #expect(detector.ended(now: 30_999).isEmpty)
        #expect(detector.ended(now: 31_000) == [0])
        #expect(detector.eject(0, now: 31_000))
        #expect(detector.ended(now: 90_000).isEmpty)
        #expect(detector.ended(now: 91_000) == [0])
        // Two intervals in which it stayed in: forgotten.
        #expect(detector.ended(now: 94_000).isEmpty && detector.nextCheck != nil)
        #expect(detector.ended(now: 97_000).isEmpty && detector.nextCheck == nil)
        #expect(detector.eject(0, now: 100_000))
        #expect(detector.ended(now: 130_000) == [0])
    }

    @Test("No ejection is longer than 300 s, or than the base where that is longer", arguments: [100_000, 400_000])
    func longest(base: UInt64) {
        let detector = self.make { $0.baseEjectionTime = base }
        var now: UInt64 = 0
        for _ in 0..<20 {
            #expect(detector.eject(1, now: now))
            now += max(300_000, base) + 3000
            #expect(detector.ended(now: now) == [1])
        }
    }

    @Test(
        "So many may be out at once, one always, and never the last",
        arguments: [(4, 50, 2), (4, 1, 1), (4, 0, 0), (2, 100, 1), (1, 100, 0), (10, 30, 3)])
    func room(count: Int, percent: Int, expected: Int) {
        let detector = self.make(count) { $0.maxEjectionPercent = percent }
        for slot in 0..<count { _ = detector.eject(slot, of: count, now: 0) }
        #expect(detector.ejectedCount == expected)
    }

    @Test("The last usable endpoint stays, whatever makes the others unusable")
    func lastUsable() {
        let detector = self.make()
        for _ in 0..<9 { #expect(!detector.record(0, .failure, of: 4, usable: 1, now: 0)) }
        #expect(detector.record(0, .failure, of: 4, usable: 2, now: 0))
    }

    @Test("Slots that go or change are forgotten, and unknown ones are nobody")
    func slots() {
        let detector = self.make()
        #expect(detector.eject(3, now: 0))
        #expect(detector.eject(2, now: 0))
        detector.replace(count: 3)
        #expect(detector.ejectedCount == 1)
        detector.reset(2)
        #expect(detector.ejectedCount == 0 && !detector.isEjected(2))
        #expect(!detector.record(99, .failure) && !detector.record(-1, .failure))
        #expect(detector.ended(now: .max).isEmpty && detector.nextCheck == nil)
    }
}

@Suite("Retries")
struct RetryTests {
    @Test("A part of the requests, and a few always")
    func budget() {
        let budget = RetryBudget(percent: 20, minimumConcurrency: 3)
        #expect(budget.allows(requests: 0, retries: 2) && !budget.allows(requests: 0, retries: 3))
        #expect(budget.allows(requests: 100, retries: 19) && !budget.allows(requests: 100, retries: 20))
        #expect(budget.allows(requests: .max, retries: 5))
        #expect(!RetryBudget(percent: 0, minimumConcurrency: 0).allows(requests: 1000, retries: 0))
    }

    @Test("The limit doubles up to the largest, and never overflows")
    func limits() {
        let backoff = Backoff(base: 25, maximum: 250)
        #expect((1...6).map { backoff.limit(beforeRetry: $0) } == [25, 50, 100, 200, 250, 250])
        #expect(backoff.limit(beforeRetry: .max) == 250 && backoff.limit(beforeRetry: -5) == 25)
        #expect(Backoff(base: 0, maximum: 250).limit(beforeRetry: 70) == 0)
        #expect(Backoff(base: 500, maximum: 250).limit(beforeRetry: 1) == 250)
        #expect(Backoff(base: .max, maximum: .max).limit(beforeRetry: 3) == .max)
    }

    @Test("The pause is anywhere from nothing to the limit")
    func jitter() {
        var numbers = TestNumbers()
        let backoff = Backoff(base: 25, maximum: 250)
        #expect(backoff.delay(beforeRetry: 1, random: 0) == 0 && backoff.delay(beforeRetry: 1, random: .max) == 25)
        let seen = Set((0..<2000).map { _ in backoff.delay(beforeRetry: 1, random: numbers.next()) })
        #expect(seen == Set(0...25))
        #expect(Backoff(base: .max, maximum: .max).delay(beforeRetry: 1, random: 7) == 7)
    }
}

@Suite("Split by weight")
struct SmoothSplitTests {
    @Test("Exact over any window of the sum", arguments: [[90, 10], [1, 0, 2], [95, 4, 1], [5, 5, 5], [7]])
    func exact(weights: [Int]) {
        var split = SmoothSplit(weights)
        let sum = weights.reduce(0, +)
        let turns = (0..<3 * sum).compactMap { _ in split.next() }
        for start in stride(from: 0, through: 2 * sum, by: max(1, sum / 7)) {
            for (index, weight) in weights.enumerated() {
                #expect(turns[start..<start + sum].filter { $0 == index }.count == weight)
            }
        }
    }

    @Test("All zero is no share, and negative is zero", arguments: [[], [0], [0, 0], [-1, 0]])
    func none(weights: [Int]) {
        var split = SmoothSplit(weights)
        #expect(split.next() == nil && split.pick(hash: 5) == nil && split.pick(0) == nil && split.pick(-1) == nil)
    }

    @Test("A hash has one share, by weight, and a small change of weights moves few")
    func sticky() {
        let keys = (0..<20_000).map { StableHash.hash("user-\($0)") }
        let (before, after) = (SmoothSplit([90, 0, 10]), SmoothSplit([80, 0, 20]))
        let shares = keys.map { before.pick(hash: $0) }
        #expect(shares == keys.map { before.pick(hash: $0) })
        #expect(abs(shares.filter { $0 == 2 }.count - 2000) < 200 && !shares.contains(1))
        #expect(abs(zip(shares, keys.map { after.pick(hash: $0) }).filter { $0 != $1 }.count - 2000) < 200)
    }

    @Test("A remembered share counts while it has a weight")
    func remembered() {
        let split = SmoothSplit([1, 0])
        #expect(split.pick(0) == 0 && split.pick(1) == nil && split.pick(2) == nil)
    }
}
