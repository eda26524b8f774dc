/// What requests took lately: a peak at once, and then downwards by and by.
///
/// An average would let an endpoint that has just slowed down take load for as long as its good past weighs; a peak turns
/// load away with the first slow answer, and decay lets it be tried again (the idea of Finagle's "Peak EWMA").
struct PeakLatency {
    /// Milliseconds after which half of what was is forgotten.
    static let halfLife: UInt64 = 7_000
    /// Microseconds that stand for "no answer".
    static let silence: UInt64 = 1_000_000

    private var microseconds = 0.0
    private var updatedAt: UInt64 = 0
    private(set) var isKnown = false

    mutating func record(_ took: UInt64, now: UInt64) {
        let value = Double(took)
        let kept = Self.remainder(after: now >= self.updatedAt ? now &- self.updatedAt : 0)
        self.microseconds =
            !self.isKnown || value >= self.microseconds
            ? value : self.microseconds * kept + value * (1 - kept)
        self.updatedAt = max(now, self.updatedAt)
        self.isKnown = true
    }

    /// What one more request may have to wait, as a number to compare.
    func cost(inFlight: Int, now: UInt64) -> Double {
        let queue = Double(inFlight) + 1
        // Nothing known: one request finds out, and the others wait for what it finds.
        guard self.isKnown else { return inFlight == 0 ? 0 : 1e15 * queue }
        let kept = Self.remainder(after: now >= self.updatedAt ? now &- self.updatedAt : 0)
        return (self.microseconds * kept + 1) * queue
    }

    /// 2 to the minus (time ÷ half-life), by lines between the halvings.
    private static func remainder(after elapsed: UInt64) -> Double {
        let halvings = elapsed / Self.halfLife
        guard halvings < 60 else { return 0 }
        let rest = Double(elapsed % Self.halfLife) / Double(Self.halfLife)
        return (1 - rest / 2) / Double(UInt64(1) << halvings)
    }
}
