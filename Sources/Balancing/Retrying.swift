/// How many retries may be under way, so that retries do not become the load that brings an upstream down.
package struct RetryBudget: Sendable {
    private let percent, minimumConcurrency: Int

    /// - Parameter percent: of the requests that are under way.
    /// - Parameter minimumConcurrency: so many at once are always allowed.
    package init(percent: Int, minimumConcurrency: Int) {
        self.percent = percent
        self.minimumConcurrency = minimumConcurrency
    }

    /// Whether one more may begin.
    package func allows(retrying: Int, active: Int) -> Bool {
        guard retrying >= self.minimumConcurrency else { return true }
        let (part, overflow) = max(active, retrying).multipliedReportingOverflow(by: self.percent)
        return overflow || retrying < part / 100
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
