package import GatewayModel

/// How many retries may be under way at once: a part of the requests, so that retries cannot multiply an overload.
package struct RetryBudget: Hashable, Sendable {
    private let percent: Int
    private let minimum: Int

    /// - Parameters:
    ///   - percent: of the requests under way; 0 to 100.
    ///   - minimumConcurrency: so many at once are always allowed.
    package init(percent: Int, minimumConcurrency: Int) {
        self.percent = min(max(0, percent), 100)
        self.minimum = max(0, minimumConcurrency)
    }

    package init(_ rule: RetryRule) {
        self.init(percent: rule.budgetPercent, minimumConcurrency: rule.minimumConcurrency)
    }

    /// Whether one more retry may start.
    ///
    /// - Parameters:
    ///   - requests: under way to the upstream, retries among them.
    ///   - retries: of them, or waiting for their time.
    package func allows(requests: Int, retries: Int) -> Bool {
        if retries < self.minimum { return true }
        let (share, overflow) = requests.multipliedReportingOverflow(by: self.percent)
        return overflow || retries < share / 100
    }
}

/// How long to wait before a retry: a random time below a limit that doubles with each (full jitter), so that those who
/// failed together do not come back together.
package struct Backoff: Hashable, Sendable {
    private let base: Milliseconds
    private let maximum: Milliseconds

    package init(base: Milliseconds, maximum: Milliseconds) {
        self.base = base
        self.maximum = maximum
    }

    package init(_ rule: RetryRule) { self.init(base: rule.backoffBase, maximum: rule.backoffMaximum) }

    /// - Parameters:
    ///   - retry: 1 for the first.
    ///   - random: 64 random bits.
    /// - Returns: milliseconds, from 0 to the limit, both included.
    package func delay(beforeRetry retry: Int, random: UInt64) -> Milliseconds {
        let limit = self.limit(beforeRetry: retry)
        guard limit < .max else { return random }
        return random.multipliedFullWidth(by: limit &+ 1).high
    }

    /// The longest that `delay` may say.
    package func limit(beforeRetry retry: Int) -> Milliseconds {
        let doublings = max(0, retry &- 1)
        guard doublings < self.base.leadingZeroBitCount else { return self.base == 0 ? 0 : self.maximum }
        return min(self.base &<< UInt64(doublings), self.maximum)
    }
}
