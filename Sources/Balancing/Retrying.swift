/// How many retries there may be, so that they do not become the load that brings an upstream down.
///
/// A share of the requests that are under way, as Envoy has it, or of those of the last seconds: what an endpoint that dies
/// breaks off at once is more than a share of what is under way, and little of what has been.
package struct RetryBudget: Sendable {
    private struct Counts {
        var requests = 0
        var retries = 0
    }

    /// Milliseconds of which one half and what came before it are counted together.
    private static let window: UInt64 = 10_000

    private var now = Counts()
    private var before = Counts()
    private var halfEnd: UInt64 = 0

    package init() {}

    package mutating func noteRequest(at now: UInt64) {
        self.turn(at: now)
        self.now.requests &+= 1
    }

    package mutating func noteRetry(at now: UInt64) {
        self.turn(at: now)
        self.now.retries &+= 1
    }

    /// Whether one more retry may begin.
    ///
    /// - Parameter percent: of requests, how many may be retries.
    /// - Parameter minimumConcurrency: so many retries at once are always allowed.
    /// - Parameter retrying: retries under way.
    /// - Parameter active: requests under way, retries among them.
    package mutating func allows(
        percent: Int, minimumConcurrency: Int, retrying: Int, active: Int, at now: UInt64
    ) -> Bool {
        if retrying < minimumConcurrency || retrying &* 100 < percent &* active { return true }
        self.turn(at: now)
        return (self.now.retries &+ self.before.retries &+ 1) &* 100
            <= percent &* (self.now.requests &+ self.before.requests)
    }

    private mutating func turn(at now: UInt64) {
        guard now >= self.halfEnd else { return }
        self.before = now < self.halfEnd &+ Self.window / 2 ? self.now : Counts()
        self.now = Counts()
        self.halfEnd = now &+ Self.window / 2
    }
}

/// How long a retry waits: a random part of a time that doubles with each of them ("full jitter").
package struct Backoff: Sendable {
    private let base, maximum: UInt64

    /// Milliseconds.
    package init(base: UInt64, maximum: UInt64) {
        self.base = base
        self.maximum = maximum
    }

    /// - Parameter attempt: 1 for the first retry.
    /// - Parameter random: 64 random bits.
    package func delay(attempt: Int, random: UInt64) -> UInt64 {
        let doublings = min(max(0, attempt - 1), 32)
        let (grown, overflow) = self.base.multipliedReportingOverflow(by: 1 << UInt64(doublings))
        let longest = min(overflow ? .max : grown, self.maximum)
        return random.multipliedFullWidth(by: longest &+ 1).high
    }
}
