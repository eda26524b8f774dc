/// What is kept of one key, in one word; 0 for a key that is new.
///
/// ```
///   bit 63  a bucket          bit 62  the last request was refused
///   period: bits 61–29 its end in milliseconds   bits 28–0 how much of it was used
///   bucket: bits 61–0  when it will be full again, in units (the theoretical arrival time of GCRA, ITU-T I.371)
/// ```
/// Times wrap around: what would lie too far ahead is over. So any word is a cell, and none traps.
package struct LimitCell: Hashable, Sendable {
    /// A sixteenth of a nanosecond: so rates of millions a second are met within a thousandth.
    static let unitsPerNanosecond: UInt64 = 16
    static let unitsPerMillisecond: UInt64 = 16_000_000
    /// What a bucket takes to fill at most: a year and a bit, in units.
    static let longest: UInt64 = 1 << 59

    private static let bucket: UInt64 = 1 << 63
    private static let refusal: UInt64 = 1 << 62
    private static let timeMask: UInt64 = (1 << 62) - 1
    private static let usedBits: UInt64 = 29
    private static let usedMask: UInt64 = (1 << 29) - 1
    private static let endMask: UInt64 = (1 << 33) - 1
    /// The longest period there is, in milliseconds.
    private static let day: UInt64 = 86_400_000
    /// By how much the clocks of two processes may differ, in milliseconds.
    private static let clockSlack: UInt64 = 10

    package private(set) var word: UInt64

    package init(word: UInt64) { self.word = word }

    // MARK: Counting

    /// Counts a request.
    ///
    /// - Parameters:
    ///   - cost: how many it counts as; 0: it is refused where nothing is left, and takes nothing.
    ///   - now: nanoseconds on a clock that does not go back.
    package mutating func take(_ rate: LimitRate, cost: Int, now: UInt64) -> LimitDecision {
        let cost = UInt64(clamping: cost)
        return rate.burst == nil ? self.takeOfPeriod(rate, cost, now) : self.takeOfBucket(rate, cost, now)
    }

    private mutating func takeOfPeriod(_ rate: LimitRate, _ cost: UInt64, _ now: UInt64) -> LimitDecision {
        let milliseconds = now / 1_000_000
        let most = min(UInt64(rate.requests), Self.usedMask)
        var left = self.periodLeft(milliseconds)
        var used = self.word & Self.usedMask
        // A little more is of a process whose clock is a little behind; much more is of a limit with another period.
        if self.isBucket || left == 0 || left > rate.period &+ Self.clockSlack { (left, used) = (rate.period, 0) }
        left = min(left, rate.period)
        let free = most > used ? most &- used : 0
        guard cost == 0 ? free > 0 : cost <= free else {
            self.setPeriod(end: milliseconds &+ left, used: used, isRefused: true)
            return LimitDecision(isAllowed: false, remaining: Int(free), resetsIn: left, retryAfter: left)
        }
        self.setPeriod(end: milliseconds &+ left, used: used &+ cost, isRefused: false)
        return LimitDecision(isAllowed: true, remaining: Int(free &- cost), resetsIn: left, retryAfter: 0)
    }

    private mutating func takeOfBucket(_ rate: LimitRate, _ cost: UInt64, _ now: UInt64) -> LimitDecision {
        let now = now &* Self.unitsPerNanosecond
        let debt = min(self.bucketLeft(now), rate.tolerance)
        let free = rate.tolerance &- debt
        let (price, isTooMuch) = cost.multipliedReportingOverflow(by: rate.interval)
        let needed = cost == 0 ? rate.interval : price
        guard rate.requests > 0, !isTooMuch, needed <= free else {
            let wait =
                rate.requests > 0 && needed <= rate.tolerance ? needed &- free : rate.period &* Self.unitsPerMillisecond
            self.setBucket(fullAt: now &+ debt, isRefused: true)
            return LimitDecision(
                isAllowed: false, remaining: rate.requests > 0 ? Int(free / rate.interval) : 0,
                resetsIn: debt.roundedUpToMilliseconds, retryAfter: max(1, wait.roundedUpToMilliseconds))
        }
        self.setBucket(fullAt: now &+ debt &+ price, isRefused: false)
        return LimitDecision(
            isAllowed: true, remaining: Int((free &- price) / rate.interval),
            resetsIn: (debt &+ price).roundedUpToMilliseconds, retryAfter: 0)
    }

    // MARK: Parts

    private var isBucket: Bool { self.word & Self.bucket != 0 }

    /// Milliseconds until the period is over; 0: it is.
    private func periodLeft(_ now: UInt64) -> UInt64 {
        let left = (self.word >> Self.usedBits &- now) & Self.endMask
        return left > Self.day &+ Self.clockSlack ? 0 : left
    }

    /// Units until the bucket is full; 0: it is.
    private func bucketLeft(_ now: UInt64) -> UInt64 {
        guard self.isBucket else { return 0 }
        let left = (self.word &- now) & Self.timeMask
        return left > 2 &* Self.longest ? 0 : left
    }

    private mutating func setPeriod(end: UInt64, used: UInt64, isRefused: Bool) {
        self.word =
            (end & Self.endMask) << Self.usedBits | min(used, Self.usedMask) | (isRefused ? Self.refusal : 0)
    }

    private mutating func setBucket(fullAt time: UInt64, isRefused: Bool) {
        self.word = Self.bucket | time & Self.timeMask | (isRefused ? Self.refusal : 0)
    }

    // MARK: Giving up

    /// How much is lost when the cell is forgotten.
    enum Worth: Comparable {
        /// Nothing.
        case over
        /// So much was used.
        case used(UInt64)
        /// Somebody who was refused would pass again.
        case refused
    }

    /// - Parameter now: nanoseconds.
    func worth(at now: UInt64) -> Worth {
        let left =
            self.isBucket
            ? self.bucketLeft(now &* Self.unitsPerNanosecond) : self.periodLeft(now / 1_000_000)
        if left == 0 { return .over }
        if self.word & Self.refusal != 0 { return .refused }
        return .used(self.isBucket ? left / Self.unitsPerMillisecond : self.word & Self.usedMask)
    }
}

extension UInt64 {
    fileprivate var roundedUpToMilliseconds: UInt64 {
        (self &+ LimitCell.unitsPerMillisecond &- 1) / LimitCell.unitsPerMillisecond
    }
}
