/// Whether a new version is made above one that a replica serves and this control plane does not know.
///
/// Replicas never go back: after a restore from a backup they would ignore everything until the numbers have caught up.
/// Whoever holds a worker's token can claim any version, so that neither the distance nor the pace is left to them.
struct JumpPolicy {
    enum Decision: Equatable {
        /// There is nothing above the latest version, or a jump above it is under way.
        case none
        case jump
        /// No restore leaves so many versions behind: somebody makes it up.
        case absurd
        /// Too many jumps of late.
        case tooOften
    }

    static let longest: Int64 = 1_000_000
    /// Replicas that serve different versions may take one jump each.
    static let burst: Int64 = 10
    /// One more jump is allowed after so many milliseconds.
    static let interval: Int64 = 60_000

    /// What the jumps that were begun lead above.
    private var target: Int64 = 0
    private var spent: Int64 = 0
    /// Milliseconds of the moment up to which `spent` was paid back.
    private var paidUntil: Int64 = 0

    /// - Parameters:
    ///   - version: what a replica of ours serves.
    ///   - now: milliseconds on a clock that is never set.
    mutating func decide(above version: Int64, latest: Int64, at now: Int64) -> Decision {
        guard version > latest, version > self.target else { return .none }
        guard version - latest <= Self.longest else { return .absurd }
        self.payBack(at: now)
        guard self.spent < Self.burst else { return .tooOften }
        self.spent += 1
        self.target = version
        return .jump
    }

    /// A jump did not become durable: the next poll tries again.
    mutating func failed() { self.target = 0 }

    private mutating func payBack(at now: Int64) {
        let due = max(now - self.paidUntil, 0) / Self.interval
        self.spent -= min(due, self.spent)
        // What is paid back too much is not kept: after a long pause no more than the burst is free.
        self.paidUntil = self.spent == 0 ? now : self.paidUntil + due * Self.interval
    }
}
