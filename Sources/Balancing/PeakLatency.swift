/// A moving average of latency that rises at once and falls slowly: an endpoint that has become slow is left alone before
/// many requests wait for it.
struct PeakLatency {
    /// Milliseconds in which an earlier peak falls to half.
    private static let halfLife = 5000.0

    /// Microseconds: more than any answer takes.
    static let unknown = 1e12

    /// What a try without an answer counts as: one that fails at once is no quick answer.
    static let failure: UInt64 = 1_000_000

    private var microseconds = 0.0
    private var updatedAt: UInt64 = 0

    /// What the next request may expect. Endpoints that have shown nothing come first.
    var value: Double { self.microseconds }

    mutating func add(_ sample: UInt64, now: UInt64) {
        let sample = Double(sample)
        let elapsed = Double(now &- min(self.updatedAt, now))
        self.updatedAt = now
        guard sample < self.microseconds else { return self.microseconds = sample }
        // Linear in place of the exponential: one half after a half-life, nothing of the peak after two.
        let weight = max(0, 1 - elapsed / (2 * Self.halfLife))
        self.microseconds = self.microseconds * weight + sample * (1 - weight)
    }
}
