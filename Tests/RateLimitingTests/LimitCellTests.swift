import RateLimiting
import Testing

/// Random numbers that are the same in every run.
struct Sequence64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ self.state >> 29
    }
}

@Suite("Cells of rate limits") struct LimitCellTests {
    private static let second: UInt64 = 1_000_000_000
    private static let start: UInt64 = 86_400 * 1_000_000_000

    @Test("A period begins with its first request and takes so many")
    func period() {
        let rate = LimitRate(requests: 3, period: 1000, burst: nil)
        var cell = LimitCell(word: 0)
        for left in [2, 1, 0] {
            let decision = cell.take(rate, cost: 1, now: Self.start)
            #expect(decision == LimitDecision(isAllowed: true, remaining: left, resetsIn: 1000, retryAfter: 0))
        }
        let late = cell.take(rate, cost: 1, now: Self.start + Self.second / 4)
        #expect(late == LimitDecision(isAllowed: false, remaining: 0, resetsIn: 750, retryAfter: 750))
        #expect(cell.take(rate, cost: 1, now: Self.start + Self.second).isAllowed)
    }

    @Test("A bucket lets a burst pass and earns the rest evenly")
    func bucket() {
        let rate = LimitRate(requests: 10, period: 1000, burst: 2)
        var cell = LimitCell(word: 0)
        #expect(cell.take(rate, cost: 1, now: Self.start).remaining == 1)
        #expect(cell.take(rate, cost: 1, now: Self.start).remaining == 0)
        let late = cell.take(rate, cost: 1, now: Self.start)
        #expect(late == LimitDecision(isAllowed: false, remaining: 0, resetsIn: 200, retryAfter: 100))
        #expect(cell.take(rate, cost: 1, now: Self.start + Self.second / 10).isAllowed)
        #expect(!cell.take(rate, cost: 1, now: Self.start + Self.second / 10).isAllowed)
    }

    @Test("A cost of 0 is refused where nothing is left, and takes nothing", arguments: [nil, 2])
    func noCost(_ burst: Int?) {
        let rate = LimitRate(requests: 2, period: 1000, burst: burst)
        var cell = LimitCell(word: 0)
        for _ in 0..<5 { #expect(cell.take(rate, cost: 0, now: Self.start).remaining == 2) }
        _ = cell.take(rate, cost: 2, now: Self.start)
        #expect(!cell.take(rate, cost: 0, now: Self.start).isAllowed)
    }

    @Test("0 requests let nobody pass")
    func nobody() {
        var cell = LimitCell(word: 0)
        let decision = cell.take(LimitRate(requests: 0, period: 60_000, burst: nil), cost: 1, now: Self.start)
        #expect(decision == LimitDecision(isAllowed: false, remaining: 0, resetsIn: 60_000, retryAfter: 60_000))
    }

    @Test("A limit that changes goes on with what was counted", arguments: [nil, 10])
    func changed(_ burst: Int?) {
        var cell = LimitCell(word: 0)
        for _ in 0..<8 {
            _ = cell.take(LimitRate(requests: 10, period: 60_000, burst: burst), cost: 1, now: Self.start)
        }
        let less = LimitRate(requests: 5, period: 60_000, burst: burst.map { _ in 5 })
        #expect(cell.take(less, cost: 1, now: Self.start).isAllowed == (burst != nil))
        #expect(!cell.take(less, cost: 1, now: Self.start).isAllowed)
        let other = LimitRate(requests: 5, period: 60_000, burst: burst == nil ? 5 : nil)
        #expect(cell.take(other, cost: 1, now: Self.start).remaining == 4)
    }

    @Test(
        "Whoever always asks gets the limit within a hundredth over a minute",
        arguments: [
            (7, 1000, nil as Int?), (100, 1000, nil), (600, 60_000, nil), (7, 1000, 1), (100, 1000, 5),
            (30_000, 1000, 100),
            (6_000, 60_000, 20),
        ])
    func saturated(_ requests: Int, _ period: UInt64, _ burst: Int?) {
        let rate = LimitRate(requests: requests, period: period, burst: burst)
        var cell = LimitCell(word: 0)
        var random = Sequence64(state: UInt64(requests))
        var admitted = 0.0
        var now = Self.start
        while now < Self.start + 60 * Self.second {
            if cell.take(rate, cost: 1, now: now).isAllowed { admitted += 1 }
            now += UInt64.random(in: 1...UInt64(30_000_000 / max(1, requests / Int(period / 1000))), using: &random)
        }
        let limit = Double(requests) * 60_000 / Double(period) + Double(burst ?? 0)
        #expect(admitted <= limit * 1.01)
        #expect(admitted >= limit * 0.985)
    }

    /// Exact, with 128 bits.
    private struct Model {
        let rate: LimitRate
        var end: UInt64 = 0
        var used = 0
        /// Of the bucket: what was earned and not used, times a period, in nanoseconds.
        var left: Int128?
        var last: UInt64 = 0

        mutating func take(_ cost: Int, _ now: UInt64) -> Bool {
            guard let burst = self.rate.burst else {
                if now / 1_000_000 >= self.end { (self.end, self.used) = (now / 1_000_000 + self.rate.period, 0) }
                guard cost == 0 ? self.used < self.rate.requests : self.used + cost <= self.rate.requests else {
                    return false
                }
                self.used += cost
                return true
            }
            let unit = Int128(self.rate.period) * 1_000_000
            let most = Int128(burst) * unit
            let earned = Int128(now - self.last) * Int128(self.rate.requests)
            let left = min(most, (self.left ?? most) + (self.left == nil ? 0 : earned))
            self.last = now
            let price = Int128(cost) * unit
            self.left = left
            guard max(price, unit * (cost == 0 ? 1 : 0)) <= left else { return false }
            self.left = left - price
            return true
        }
    }

    @Test("It decides as an exact model does", arguments: 0..<200)
    func model(_ seed: Int) {
        var random = Sequence64(state: UInt64(seed) &* 77 &+ 1)
        let requests = Int.random(in: 1...50, using: &random)
        let period = [1000, 60_000, 3_600_000].randomElement(using: &random) ?? 1000
        let burst = Bool.random(using: &random) ? Int.random(in: 1...80, using: &random) : nil
        let rate = LimitRate(requests: requests, period: UInt64(period), burst: burst)
        var (cell, model) = (LimitCell(word: 0), Model(rate: rate))
        var now = Self.start
        var differences = 0
        for _ in 0..<2000 {
            // Whole milliseconds that rates divide, so that neither rounds.
            now += UInt64.random(in: 0...UInt64(3 * period / requests), using: &random) * 1_000_000
            let cost = Int.random(in: 0...min(3, burst ?? requests), using: &random)
            if cell.take(rate, cost: cost, now: now).isAllowed != model.take(cost, now) { differences += 1 }
        }
        #expect(differences <= (burst == nil ? 0 : 2))
    }

    @Test("No word traps, and none refuses for longer than a limit can")
    func anyWord() {
        var random = Sequence64(state: 99)
        for _ in 0..<100_000 {
            var cell = LimitCell(word: random.next())
            let burst = Bool.random(using: &random) ? Int.random(in: 1...100_000_000, using: &random) : nil
            let requests = Int.random(in: 0...100_000_000, using: &random)
            let period = UInt64.random(in: 1...86_400_000, using: &random)
            let rate = LimitRate(requests: requests, period: period, burst: burst)
            let decision = cell.take(rate, cost: Int.random(in: 0...1_000_000, using: &random), now: random.next())
            #expect(decision.remaining >= 0)
            if burst == nil { #expect(decision.resetsIn <= period) }
        }
    }
}
