package import GatewayModel

/// Takes endpoints out whose answers show that they are broken, for a time that grows with each time.
///
/// ```
///   in ──errors in a row──▶ out ──base × times ejected, at a check──▶ in
/// ```
/// Endpoints are known by their slot. Time is milliseconds of a clock that does not go back.
package struct OutlierDetector {
    /// What a request came to.
    package enum Outcome: Sendable {
        case success
        /// 500 and above, but for gateway errors.
        case serverError
        /// 502, 503 and 504.
        case gatewayError
        /// No answer: no connection, a reset, a timeout.
        case failure
    }

    private struct Record {
        var errors = 0
        var gatewayErrors = 0
        /// How often it has been ejected lately.
        var times: UInt64 = 0
        var ejectedAt: UInt64?
    }

    /// The longest ejection in milliseconds, unless the shortest is longer.
    package static let longestEjection: UInt64 = 300_000

    private let settings: PassiveCheck
    private var records: [Record] = []
    /// How many are out.
    package private(set) var ejectedCount = 0
    /// When `endOverdue` has something to do next; `nil`: nobody is out or was lately.
    package private(set) var nextCheck: UInt64?

    package init(_ settings: PassiveCheck) { self.settings = settings }

    /// Sets how many slots there are; those that stay are remembered.
    package mutating func replace(count: Int) {
        let count = max(0, count)
        while self.records.count > count { if self.records.removeLast().ejectedAt != nil { self.ejectedCount &-= 1 } }
        while self.records.count < count { self.records.append(Record()) }
    }

    /// Forgets a slot, whose endpoint is another one now.
    package mutating func reset(_ slot: Int) {
        guard self.records.indices.contains(slot) else { return }
        if self.records[slot].ejectedAt != nil { self.ejectedCount &-= 1 }
        self.records[slot] = Record()
    }

    package func isEjected(_ slot: Int) -> Bool {
        self.records.indices.contains(slot) && self.records[slot].ejectedAt != nil
    }

    /// Takes note of what a request came to.
    ///
    /// - Parameters:
    ///   - endpointCount: of the upstream; `maxEjectionPercent` is a part of it.
    ///   - usableCount: of them, those that are in use: the last one is never ejected.
    /// - Returns: whether the endpoint is out from now on. Those that are out already are not counted.
    package mutating func record(
        _ slot: Int, _ outcome: Outcome, of endpointCount: Int, usable usableCount: Int = .max, now: UInt64
    ) -> Bool {
        guard self.records.indices.contains(slot), self.records[slot].ejectedAt == nil else { return false }
        switch outcome {
        case .success:
            self.records[slot].errors = 0
            self.records[slot].gatewayErrors = 0
            return false
        case .serverError:
            self.records[slot].errors &+= 1
            self.records[slot].gatewayErrors = 0
        case .gatewayError, .failure:
            self.records[slot].errors &+= 1
            self.records[slot].gatewayErrors &+= 1
        }
        guard self.isOutlier(self.records[slot]), usableCount > 1, self.hasRoom(endpointCount) else { return false }
        self.eject(slot, now: now)
        return true
    }

    private func isOutlier(_ record: Record) -> Bool {
        let (errors, gatewayErrors) = (self.settings.consecutive5xx, self.settings.consecutiveGatewayErrors)
        return errors > 0 && record.errors >= errors || gatewayErrors > 0 && record.gatewayErrors >= gatewayErrors
    }

    /// Whether one more may be out: one always, where any may be and another is left.
    private func hasRoom(_ endpointCount: Int) -> Bool {
        let percent = self.settings.maxEjectionPercent
        guard percent > 0, self.ejectedCount &+ 1 < endpointCount else { return false }
        return self.ejectedCount == 0 || (self.ejectedCount &+ 1) &* 100 <= percent &* endpointCount
    }

    private mutating func eject(_ slot: Int, now: UInt64) {
        // Times beyond the longest ejection would only take longer to be forgotten.
        if self.duration(self.records[slot].times) < self.longest { self.records[slot].times &+= 1 }
        self.records[slot].ejectedAt = now
        self.records[slot].errors = 0
        self.records[slot].gatewayErrors = 0
        self.ejectedCount &+= 1
        if self.nextCheck == nil { self.nextCheck = Self.sum(now, self.interval) }
    }

    /// Lets those in again whose time is over, and forgets earlier ejections by and by: one for each interval in which an
    /// endpoint stayed in. Does nothing before `nextCheck`.
    ///
    /// - Parameter body: gets the slots that are in again.
    package mutating func endOverdue(now: UInt64, _ body: (Int) -> Void) {
        guard let due = self.nextCheck, now >= due else { return }
        let intervals = (now &- due) / self.interval &+ 1
        var isQuiet = true
        for slot in self.records.indices {
            if let ejectedAt = self.records[slot].ejectedAt {
                isQuiet = false
                guard now >= Self.sum(ejectedAt, self.duration(self.records[slot].times)) else { continue }
                self.records[slot].ejectedAt = nil
                self.ejectedCount &-= 1
                body(slot)
            } else if self.records[slot].times > 0 {
                self.records[slot].times &-= min(self.records[slot].times, intervals)
                isQuiet = isQuiet && self.records[slot].times == 0
            }
        }
        self.nextCheck = isQuiet ? nil : Self.sum(due, intervals &* self.interval)
    }

    private var interval: UInt64 { max(1, self.settings.interval) }

    private var longest: UInt64 { max(Self.longestEjection, self.settings.baseEjectionTime) }

    private func duration(_ times: UInt64) -> UInt64 {
        let (product, overflow) = self.settings.baseEjectionTime.multipliedReportingOverflow(by: times)
        return overflow ? self.longest : min(product, self.longest)
    }

    private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
