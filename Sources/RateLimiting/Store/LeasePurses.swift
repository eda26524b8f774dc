/// What a worker has taken of limits in advance, by key: requests that it pays for ask no store.
///
/// What is not used when its time is over is lost: at most a slice for each worker and key. Nothing passes that was not taken.
package struct LeasePurses {
    fileprivate struct Purse {
        var tokens = 0
        /// Milliseconds on the loop's clock until which they are good.
        var until: UInt64 = 0
        /// Until then nothing is left for anybody.
        var emptyUntil: UInt64 = 0
        /// What is told of the limit: what was left when it was asked last, and when it is whole again.
        var remaining = 0
        var resetsAt: UInt64 = 0
        var isAsking = false
    }

    /// What a purse says of a request.
    package enum Payment: Hashable {
        case paid(LimitDecision)
        /// The store is to be asked, for so many.
        case ask(Int)
    }

    private static let most = 16_384
    /// How long tokens are good, and how long a limit that is used up counts as such, in milliseconds.
    private static let (life, rest): (UInt64, UInt64) = (1000, 100)

    private var purses: [UInt64: Purse] = [:]

    package init() {}

    /// A hundredth of the limit, or of the bucket, is taken at once.
    package static func slice(_ rate: LimitRate, cost: Int) -> Int {
        max(cost, min(rate.requests, rate.burst ?? rate.requests) / 100)
    }

    /// Pays for a request.
    ///
    /// - Parameter now: milliseconds.
    package mutating func pay(_ key: UInt64, _ rate: LimitRate, cost: Int, now: UInt64) -> Payment {
        guard cost > 0 else { return .ask(0) }
        guard var purse = self.purses[key] else {
            if self.purses.count >= Self.most { self.purses = self.purses.filter { !$0.value.isOver(at: now) } }
            // Where all are in use, the store is asked each time.
            guard self.purses.count < Self.most else { return .ask(cost) }
            self.purses[key] = Purse(isAsking: true)
            return .ask(Self.slice(rate, cost: cost))
        }
        if now >= purse.until { purse.tokens = 0 }
        if purse.tokens >= cost {
            purse.tokens -= cost
            self.purses[key] = purse
            return .paid(purse.decision(isAllowed: true, at: now))
        }
        if now < purse.emptyUntil { return .paid(purse.decision(isAllowed: false, at: now)) }
        // One question for a slice is enough; whoever comes meanwhile asks for itself.
        let asks = purse.isAsking ? cost : Self.slice(rate, cost: cost)
        purse.isAsking = true
        self.purses[key] = purse
        return .ask(asks)
    }

    /// The store has answered.
    ///
    /// - Parameters:
    ///   - taken: the request's own among them.
    ///   - now: milliseconds.
    package mutating func learn(_ key: UInt64, _ decision: LimitDecision, taken: Int, cost: Int, now: UInt64) {
        guard var purse = self.purses[key] else { return }
        if now >= purse.until { purse.tokens = 0 }
        purse.isAsking = false
        purse.remaining = decision.remaining
        purse.resetsAt = now &+ decision.resetsIn
        if decision.isAllowed {
            purse.tokens += max(0, taken - cost)
            purse.until = now &+ min(Self.life, decision.resetsIn)
        } else {
            purse.emptyUntil = now &+ min(Self.rest, decision.retryAfter)
        }
        self.purses[key] = purse
    }

    /// The store has not answered.
    package mutating func forget(_ key: UInt64) { self.purses[key]?.isAsking = false }
}

extension LeasePurses.Purse {
    fileprivate func isOver(at now: UInt64) -> Bool { !self.isAsking && now >= self.until && now >= self.emptyUntil }

    fileprivate func decision(isAllowed: Bool, at now: UInt64) -> LimitDecision {
        LimitDecision(
            isAllowed: isAllowed, remaining: isAllowed ? self.remaining + self.tokens : 0,
            resetsIn: self.resetsAt > now ? self.resetsAt &- now : 0,
            retryAfter: isAllowed ? 0 : max(1, self.emptyUntil &- now))
    }
}
