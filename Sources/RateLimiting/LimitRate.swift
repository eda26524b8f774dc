package import GatewayModel

/// How much may pass in which time, in the units that cells are counted in.
package struct LimitRate: Hashable, Sendable {
    package let requests: Int
    /// Milliseconds.
    package let period: UInt64
    /// `nil`: a period begins with its first request; see `RateLimitPolicy.Limit.burst`.
    package let burst: Int?

    package init(_ limit: RateLimitPolicy.Limit) {
        self.requests = limit.requests
        self.period = UInt64(clamping: limit.period.milliseconds)
        self.burst = limit.burst
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
