/// When a dead worker is started again: at once the first time, then after doubling pauses up to five seconds.
///
/// A worker that lived for ten seconds has shown that starting works; its next death counts as the first again.
struct RespawnPolicy {
    static let firstPause: UInt64 = 100
    static let longestPause: UInt64 = 5_000
    static let provenAfter: UInt64 = 10_000

    private var deaths = 0

    /// - Returns: the pause before the next start, in milliseconds.
    mutating func died(after lifetimeMilliseconds: UInt64) -> UInt64 {
        if lifetimeMilliseconds >= Self.provenAfter { self.deaths = 0 }
        defer { self.deaths += 1 }
        guard self.deaths > 0 else { return 0 }
        return min(Self.firstPause << UInt64(min(self.deaths - 1, 16)), Self.longestPause)
    }
}
