package import GatewayModel

/// How much may pass in which time, in the units that cells are counted in.
package struct LimitRate: Hashable, Sendable {
    package let requests: Int
    /// Milliseconds.
    package let period: UInt64
    /// `nil`: a period begins with its first request; see `RateLimitPolicy.Limit.burst`.
    package let burst: Int?
    /// Of a bucket: the time that one request takes to be earned, and that a whole bucket takes, in `LimitCell` units.
    let interval, tolerance: UInt64

    package init(_ limit: RateLimitPolicy.Limit) {
        self.init(requests: limit.requests, period: UInt64(clamping: limit.period.milliseconds), burst: limit.burst)
    }

    /// - Parameter period: milliseconds, at most a day.
    package init(requests: Int, period: UInt64, burst: Int?) {
        self.requests = max(0, requests)
        self.period = min(max(1, period), 86_400_000)
        self.burst = burst
        self.interval = max(1, self.period &* LimitCell.unitsPerMillisecond / UInt64(max(1, self.requests)))
        let (whole, isTooLong) = self.interval.multipliedReportingOverflow(by: UInt64(clamping: max(1, burst ?? 1)))
        self.tolerance = isTooLong ? LimitCell.longest : min(whole, LimitCell.longest)
    }
}

/// What a limit says of one request.
package struct LimitDecision: Hashable, Sendable {
    package let isAllowed: Bool
    /// How many more would pass now.
    package let remaining: Int
    /// Milliseconds until all of the limit is there again.
    package let resetsIn: UInt64
    /// Milliseconds until this request would pass; 0 where it does.
    package let retryAfter: UInt64

    package init(isAllowed: Bool, remaining: Int, resetsIn: UInt64, retryAfter: UInt64) {
        self.isAllowed = isAllowed
        self.remaining = remaining
        self.resetsIn = resetsIn
        self.retryAfter = retryAfter
    }
}
