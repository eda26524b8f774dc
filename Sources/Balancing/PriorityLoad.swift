/// Which part of the load goes to endpoints that are no backups, by how many are usable.
///
/// Endpoints of weight 0 do not count.
struct PriorityLoad: Equatable {
    /// Endpoints, and those of them that are usable.
    struct Count: Equatable {
        var all = 0
        var usable = 0

        /// 72 % usable carry the whole load, fewer a part of it.
        var capacity: Int { self.all == 0 ? 0 : min(100, self.usable &* 100 / self.all &* 140 / 100) }
    }

    var regular = Count()
    var backup = Count()

    var usable: Int { self.regular.usable &+ self.backup.usable }

    /// Whether all endpoints, backups among them, are used as if they were usable.
    ///
    /// So few usable endpoints would be run over; better to spread the load on those that may only seem to be down. Not
    /// where backups and what is left of the others can carry it all: that is what backups are there for.
    func isPanicking(threshold: Int) -> Bool {
        let all = self.regular.all &+ self.backup.all
        guard all > 0, self.usable &* 100 < threshold &* all else { return false }
        return self.backup.usable == 0 || self.regular.capacity &+ self.backup.capacity < 100
    }

    /// Percent for endpoints that are no backups, when there is no panic.
    var share: Int {
        if self.regular.usable == 0 { return 0 }
        return self.backup.usable == 0 ? 100 : self.regular.capacity
    }
}
