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
    private func allows(_ budget: RetryBudget, _ percent: Int, active: Int, retrying: Int, at now: UInt64 = 0) -> Bool {
        var budget = budget
        return budget.allows(
            percent: percent, minimumConcurrency: 3, retrying: retrying, active: active, at: now)
    }

    @Test("A part of the requests under way, and a few always")
    func underWay() {
        let budget = RetryBudget()
        #expect(self.allows(budget, 20, active: 0, retrying: 2) && !self.allows(budget, 20, active: 0, retrying: 3))
        #expect(
            self.allows(budget, 20, active: 100, retrying: 19) && !self.allows(budget, 20, active: 100, retrying: 20))
        #expect(!self.allows(budget, 0, active: 1000, retrying: 3))
    }

    @Test("A part of the requests of the last seconds, which are forgotten later")
    func lately() {
        var budget = RetryBudget()
        for _ in 0..<100 { budget.noteRequest(at: 1000) }
        for _ in 0..<19 { budget.noteRetry(at: 1000) }
        #expect(self.allows(budget, 20, active: 5, retrying: 5, at: 1000))
        budget.noteRetry(at: 1000)
        #expect(!self.allows(budget, 20, active: 5, retrying: 5, at: 1000))
        #expect(self.allows(budget, 30, active: 5, retrying: 5, at: 5000))
        #expect(!self.allows(budget, 30, active: 5, retrying: 5, at: 60_000))
    }

    @Test("A pause is anywhere from nothing to a limit, which doubles up to the largest and never overflows")
    func pauses() {
        let backoff = Backoff(base: 25, maximum: 250)
        #expect((1...6).map { backoff.delay(attempt: $0, random: .max) } == [25, 50, 100, 200, 250, 250])
        #expect(backoff.delay(attempt: .max, random: .max) == 250 && backoff.delay(attempt: 0, random: .max) == 25)
        #expect(backoff.delay(attempt: 3, random: 0) == 0)
        #expect(Backoff(base: 0, maximum: 250).delay(attempt: 70, random: .max) == 0)
        #expect(Backoff(base: .max / 2, maximum: 250).delay(attempt: 9, random: .max) == 250)
        var numbers = TestNumbers()
        #expect(Set((0..<2000).map { _ in backoff.delay(attempt: 1, random: numbers.next()) }) == Set(0...25))
    }
}

@Suite("Split by weight")
struct SmoothSplitTests {
    @Test("Exact over any window of the sum", arguments: [[90, 10], [1, 0, 2], [95, 4, 1], [5, 5, 5], [7]])
    func exact(weights: [Int]) {
        var split = SmoothSplit(weights: weights)
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
        var split = SmoothSplit(weights: weights)
        #expect(split.next() == nil && split.share(of: 5) == nil)
    }

    @Test("A hash has one share, by weight, and a small change of weights moves few")
    func sticky() {
        let keys = (0..<20_000).map { KeyHash.hash("user-\($0)") }
        let (before, after) = (SmoothSplit(weights: [90, 0, 10]), SmoothSplit(weights: [80, 0, 20]))
        let shares = keys.map { before.share(of: $0) }
        #expect(shares == keys.map { before.share(of: $0) })
        #expect(abs(shares.filter { $0 == 2 }.count - 2000) < 200 && !shares.contains(1))
        #expect(abs(zip(shares, keys.map { after.share(of: $0) }).filter { $0 != $1 }.count - 2000) < 200)
    }
}
