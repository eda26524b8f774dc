import GatewayModel

/// When one key set (RFC 7517) is fetched, and what is known of it; time and answers are arguments.
///
/// The last good set stays whatever fails.
struct KeySetSchedule {
    /// Between two fetches that workers ask for: tokens with made-up keys cost no more.
    static let pause: UInt64 = 10_000
    /// Between fetches that fail, at first.
    static let firstRetry: UInt64 = 1_000
    static let longestRetry: UInt64 = 30_000

    /// Milliseconds.
    var cache: Milliseconds
    /// The last good body.
    private(set) var keys: [UInt8]?
    /// `nil`: the last fetch went well, or there was none.
    private(set) var failure: String?
    private(set) var isUnderWay = false
    private(set) var dueAt: Instant
    private var askedAt: Instant?
    private var failures: UInt64 = 0

    /// Due at once.
    ///
    /// - Parameter keys: what somebody else fetched before.
    init(cache: Milliseconds, keys: [UInt8]? = nil, at now: Instant) {
        self.cache = cache
        self.keys = keys
        self.dueAt = now
    }

    /// Whether nobody can say yet what the set has.
    var isUnknown: Bool { self.keys == nil && self.failure == nil }

    func isDue(at now: Instant) -> Bool { !self.isUnderWay && self.dueAt <= now }

    mutating func started() { self.isUnderWay = true }

    /// A worker lacks a key.
    ///
    /// - Returns: whether an answer will come by itself; otherwise the last one is still good.
    mutating func asked(at now: Instant) -> Bool {
        if self.isUnderWay { return true }
        if let askedAt, now.milliseconds(since: askedAt) < Self.pause { return false }
        self.askedAt = now
        self.dueAt = now
        return true
    }

    /// - Returns: whether the set is another one now.
    mutating func fetched(_ body: [UInt8], at now: Instant) -> Bool {
        self.isUnderWay = false
        (self.failure, self.failures) = (nil, 0)
        self.dueAt = now.advanced(by: self.cache)
        guard body != self.keys else { return false }
        self.keys = body
        return true
    }

    mutating func failed(_ reason: String, at now: Instant) {
        self.isUnderWay = false
        self.failure = reason
        let wait = min(Self.firstRetry << min(self.failures, 16), Self.longestRetry, self.cache)
        self.failures += 1
        self.dueAt = now.advanced(by: wait)
    }
}
