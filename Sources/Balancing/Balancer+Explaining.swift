extension Balancer {
    /// What choices come to at a moment, for people.
    package struct Standing: Hashable, Sendable {
        /// All endpoints are used, because too few are usable.
        package let isPanicking: Bool
        /// Percent of the choices that fall on backups.
        package let backupPercent: Int
        /// The slots that a choice may fall on.
        package let candidates: [Int]
    }

    /// - Parameter now: milliseconds.
    package mutating func standing(now: UInt64) -> Standing {
        if !self.isLaidOut || now >= self.nextStep { self.layOut(now: now) }
        let slots =
            (self.regularShare > 0 ? self.regular.slots : []) + (self.regularShare < 100 ? self.backup.slots : [])
        let isPanicking = self.isPanicking
        let candidates = slots.map { Int($0) }.filter {
            isPanicking ? self.states[$0].counts : self.states[$0].isCandidate
        }
        return Standing(
            isPanicking: isPanicking, backupPercent: isPanicking || candidates.isEmpty ? 0 : 100 - self.regularShare,
            candidates: candidates.sorted())
    }
}
