import GatewayModel

extension Balancer {
    /// Draws for another endpoint than those tried, before all are looked at.
    private static let redraws = 4
    /// Places of a table that are walked over before all endpoints are looked at.
    private static let longestWalk = 256

    /// The endpoint for the next request.
    ///
    /// - Parameters:
    ///   - random: 64 random bits.
    ///   - hash: of what requests with the same endpoint have in common, without a seed; consistent hashing alone looks
    ///     at it, and takes a random one for `nil`.
    ///   - tried: endpoints that the request has been to. Another one is taken, a backup if need be; when there is none,
    ///     any.
    ///   - now: milliseconds.
    /// - Returns: a slot; `nil` when no endpoint is usable and there is no panic.
    package mutating func pick(
        _ random: UInt64, hash: UInt64?, avoiding tried: TriedEndpoints, now: UInt64
    ) -> Int? {
        if !self.isLaidOut || now >= self.nextStep { self.layOut(now: now) }
        let isRegular = self.takesRegular(random, hash)
        let slot =
            tried.isEmpty
            ? self.choose(isRegular, random, hash, now: now)
            : self.chooseAnother(isRegular, random, hash, tried, now: now)
        if self.settings.algorithm == .roundRobin, let slot, self.states.indices.contains(slot) {
            self.turn &+= 1
            self.states[slot].lastTurn = self.turn
        }
        return slot
    }

    /// Whether the choice falls on endpoints that are no backups: the same for the same key.
    private func takesRegular(_ random: UInt64, _ hash: UInt64?) -> Bool {
        if self.regularShare >= 100 { return true }
        if self.regularShare <= 0 { return false }
        let bits = self.settings.algorithm == .consistentHash ? hash ?? random : random
        return KeyHash.scale(KeyHash.mix(bits ^ 0xD6E8_FEB8_6659_FD93), 100) < self.regularShare
    }

    private mutating func choose(_ isRegular: Bool, _ random: UInt64, _ hash: UInt64?, now: UInt64) -> Int? {
        switch self.settings.algorithm {
        case .leastRequest:
            isRegular ? self.lessBusy(self.regular, random, now) : self.lessBusy(self.backup, random, now)
        case .peakEWMA: isRegular ? self.quicker(self.regular, random, now) : self.quicker(self.backup, random, now)
        case .random: isRegular ? self.regular.lots.one(random) : self.backup.lots.one(random)
        case .roundRobin: isRegular ? self.regular.turns.next() : self.backup.turns.next()
        case .consistentHash:
            self.walk(isRegular, hash ?? random, TriedEndpoints())
                ?? self.any(from: hash ?? random, besides: TriedEndpoints())
        }
    }

    // MARK: Two choices

    /// The less busy of two endpoints drawn by weight.
    ///
    /// Two choices keep the longest queue short without a scan (Mitzenmacher, "The Power of Two Choices", 2001). The two
    /// are different ones wherever the draw can tell: equal weights always, others unless the same lot comes twice.
    private func lessBusy(_ pool: borrowing EndpointPool, _ random: UInt64, _ now: UInt64) -> Int? {
        let (one, other) = pool.lots.pair(random)
        guard let one, let other, one != other, self.states.indices.contains(one), self.states.indices.contains(other)
        else { return one ?? other }
        let oneLoad = self.states[one].inFlight
        let otherLoad = self.states[other].inFlight
        if oneLoad == 0 { return one }
        // Compared without a division; idle endpoints are equal, since the draw has honoured weights already.
        let left = oneLoad.multipliedReportingOverflow(by: self.weight(of: other, now: now))
        let right = otherLoad.multipliedReportingOverflow(by: self.weight(of: one, now: now))
        return !right.overflow && (left.overflow || right.partialValue < left.partialValue) ? other : one
    }

    /// The one of two endpoints drawn by weight whose queue promises the shorter wait.
    private func quicker(_ pool: borrowing EndpointPool, _ random: UInt64, _ now: UInt64) -> Int? {
        let (one, other) = pool.lots.pair(random)
        guard let one, let other, one != other, self.states.indices.contains(one), self.states.indices.contains(other)
        else { return one ?? other }
        let oneCost = self.states[one].latency.cost(inFlight: self.states[one].inFlight, now: now)
        let otherCost = self.states[other].latency.cost(inFlight: self.states[other].inFlight, now: now)
        return otherCost < oneCost ? other : one
    }

    // MARK: Consistent hashing

    /// The endpoint at the key's place, or at the next place whose endpoint may be used and has not been tried.
    private func walk(_ isRegular: Bool, _ hash: UInt64, _ tried: TriedEndpoints) -> Int? {
        var place = MaglevTable.place(of: hash)
        for _ in 0..<Self.longestWalk {
            guard let slot = isRegular ? self.regular.table.slot(at: place) : self.backup.table.slot(at: place) else {
                return nil
            }
            if self.isCandidate(slot), !tried.contains(slot) { return slot }
            place = place &+ 1 == MaglevTable.size ? 0 : place &+ 1
        }
        return nil
    }

    // MARK: Tried endpoints

    private mutating func chooseAnother(
        _ isRegular: Bool, _ random: UInt64, _ hash: UInt64?, _ tried: TriedEndpoints, now: UInt64
    ) -> Int? {
        var bits = random
        if self.settings.algorithm == .consistentHash {
            bits = hash ?? random
            if let slot = self.walk(isRegular, bits, tried) { return slot }
        } else {
            for _ in 0..<Self.redraws {
                if let slot = self.choose(isRegular, bits, hash, now: now), !tried.contains(slot) { return slot }
                bits = KeyHash.mix(bits &+ 0x9E37_79B9_7F4A_7C15)
            }
        }
        return self.any(from: bits, besides: tried) ?? self.choose(isRegular, random, hash, now: now)
    }

    /// Any endpoint that may be used, from a place on that the bits say: backups last. It looks at all of them.
    private func any(from bits: UInt64, besides tried: TriedEndpoints) -> Int? {
        let count = self.states.count
        let start = KeyHash.scale(bits, count)
        for areBackups in [false, true] {
            for offset in 0..<count {
                let slot = start &+ offset < count ? start &+ offset : start &+ offset &- count
                if self.states[slot].endpoint.isBackup == areBackups, self.isCandidate(slot), !tried.contains(slot) {
                    return slot
                }
            }
        }
        return nil
    }

    private func isCandidate(_ slot: Int) -> Bool {
        guard self.states.indices.contains(slot) else { return false }
        return self.isPanicking ? self.states[slot].counts : self.states[slot].isCandidate
    }
}
