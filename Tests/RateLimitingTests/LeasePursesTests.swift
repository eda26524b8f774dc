import RateLimiting
import Testing

@Suite("Limits that workers take slices of") struct LeasePursesTests {
    private static let rate = LimitRate(requests: 1000, period: 60_000, burst: nil)

    private func said(_ isAllowed: Bool, resetsIn: UInt64 = 60_000, retryAfter: UInt64 = 0) -> LimitDecision {
        LimitDecision(isAllowed: isAllowed, remaining: 500, resetsIn: resetsIn, retryAfter: retryAfter)
    }

    @Test("A slice pays for as many requests as were taken, for a second")
    func slice() {
        var purses = LeasePurses()
        #expect(purses.pay(1, Self.rate, cost: 1, now: 0) == .ask(10))
        purses.learn(1, self.said(true), taken: 10, cost: 1, now: 0)
        for _ in 0..<9 {
            guard case .paid(let decision) = purses.pay(1, Self.rate, cost: 1, now: 999) else {
                Issue.record("it asks")
                return
            }
            #expect(decision.isAllowed)
        }
        #expect(purses.pay(1, Self.rate, cost: 1, now: 999) == .ask(10))
        purses.learn(1, self.said(true), taken: 10, cost: 1, now: 999)
        #expect(purses.pay(1, Self.rate, cost: 1, now: 1999) == .ask(10))
    }

    @Test("What was taken of a period is not used in the next")
    func period() {
        var purses = LeasePurses()
        _ = purses.pay(1, Self.rate, cost: 1, now: 0)
        purses.learn(1, self.said(true, resetsIn: 5), taken: 10, cost: 1, now: 0)
        #expect(purses.pay(1, Self.rate, cost: 1, now: 5) == .ask(10))
    }

    @Test("While one asks for a slice, others ask for themselves")
    func one() {
        var purses = LeasePurses()
        #expect(purses.pay(1, Self.rate, cost: 2, now: 0) == .ask(10))
        #expect(purses.pay(1, Self.rate, cost: 2, now: 0) == .ask(2))
        purses.forget(1)
        #expect(purses.pay(1, Self.rate, cost: 2, now: 0) == .ask(10))
    }

    @Test("A limit that is used up is not asked about for a while, and never longer than it lasts")
    func empty() {
        var purses = LeasePurses()
        _ = purses.pay(1, Self.rate, cost: 1, now: 0)
        purses.learn(1, self.said(false, retryAfter: 20), taken: 0, cost: 1, now: 0)
        guard case .paid(let decision) = purses.pay(1, Self.rate, cost: 1, now: 19) else {
            Issue.record("it asks")
            return
        }
        #expect(!decision.isAllowed && decision.retryAfter == 1)
        #expect(purses.pay(1, Self.rate, cost: 1, now: 20) == .ask(10))
    }
}
