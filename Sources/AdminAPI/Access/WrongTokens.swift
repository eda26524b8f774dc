import Synchronization

/// Counts wrong tokens per source, and says when a source must pause.
///
/// A right token always passes: whoever shares an address with a guesser (everyone on loopback does) is not locked out. The
/// keys are 256 random bits, so the pause is there to save work and to be seen in the log, not to make guessing hard.
final class WrongTokens: Sendable {
    struct Pause {
        let seconds: Int64
        /// Whether it began with this failure: worth one line in the log.
        let isNew: Bool
    }

    private struct Record {
        var failures = 0
        /// Seconds on a monotonic clock.
        var lastFailure: Int64
        var pauseEnd: Int64 = 0
    }

    /// Wrong tokens that are free.
    private static let allowance = 10
    private static let longestPause: Int64 = 60
    /// After this many seconds without a wrong token a source starts afresh.
    private static let memory: Int64 = 300
    /// Sources remembered at once; beyond it all are forgotten rather than memory growing.
    private static let capacity = 4096

    private let records = Mutex<[String: Record]>([:])

    /// Notes a wrong token.
    ///
    /// - Returns: how long the source should wait, `nil` while it is within its allowance.
    func failed(source: String, now: Int64) -> Pause? {
        self.records.withLock { records in
            if records.count >= Self.capacity, records[source] == nil { records.removeAll() }
            var record = records[source] ?? Record(lastFailure: now)
            if now - record.lastFailure > Self.memory { record = Record(lastFailure: now) }
            defer { records[source] = record }
            if record.pauseEnd > now { return Pause(seconds: record.pauseEnd - now, isNew: false) }
            record.failures += 1
            record.lastFailure = now
            guard record.failures > Self.allowance else { return nil }
            let doublings = min(record.failures - Self.allowance - 1, 6)
            let pause = min(Int64(1) << doublings, Self.longestPause)
            record.pauseEnd = now + pause
            return Pause(seconds: pause, isNew: true)
        }
    }
}
