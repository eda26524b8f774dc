import GatewayModel

extension Balancer {
    /// Lays out what choices need, after a change; costs in proportion to the endpoints.
    mutating func layOut(now: UInt64) {
        self.settleTurns()
        self.nextStep = .max
        if self.slowStart.window > 0 { self.warm(now: now) }
        if self.isPanicking {
            self.regular = self.pool(self.slots { $0.counts }, after: self.regular, now: now)
            self.backup = EndpointPool()
            self.regularShare = 100
        } else {
            self.regular = self.pool(self.members(areBackups: false), after: self.regular, now: now)
            self.backup = self.pool(self.members(areBackups: true), after: self.backup, now: now)
            self.regularShare = self.load.share
        }
        self.isLaidOut = true
    }

    private mutating func settleTurns() {
        guard self.settings.algorithm == .roundRobin else { return }
        for slot in self.states.indices { self.states[slot].credit = 0 }
        self.regular.turns.settle(&self.states)
        self.backup.turns.settle(&self.states)
    }

    /// Ends slow starts that are over, and finds out when the next step is due.
    private mutating func warm(now: UInt64) {
        for slot in self.states.indices {
            guard let start = self.states[slot].warmsSince else { continue }
            if self.slowStart.isOver(since: start, now: now) {
                self.states[slot].warmsSince = nil
            } else if self.states[slot].isCandidate {
                self.nextStep = now.addingReportingOverflow(self.slowStart.step).partialValue
            }
        }
    }

    private func slots(where isIn: (EndpointState) -> Bool) -> [Int32] {
        self.states.indices.filter { isIn(self.states[$0]) }.compactMap { Int32(exactly: $0) }
    }

    /// The usable ones. In a table of consistent hashing the others keep their places while most are usable: a choice walks
    /// on from such a place, so that no key moves but theirs, and theirs come back.
    private func members(areBackups: Bool) -> [Int32] {
        let usable = self.slots { $0.isCandidate && $0.endpoint.isBackup == areBackups }
        guard self.settings.algorithm == .consistentHash, !usable.isEmpty else { return usable }
        let all = self.slots { $0.counts && $0.endpoint.isBackup == areBackups }
        return self.weight(usable) &* 2 < self.weight(all) ? usable : all
    }

    private func weight(_ slots: [Int32]) -> Int {
        slots.reduce(0) { $0 &+ self.states[Int($1)].endpoint.weight }
    }

    /// - Parameter earlier: what was laid out before; a table is kept where it would be the same.
    private func pool(_ slots: [Int32], after earlier: borrowing EndpointPool, now: UInt64) -> EndpointPool {
        var pool = EndpointPool(slots: slots)
        switch self.settings.algorithm {
        case .leastRequest, .random, .peakEWMA:
            pool.lots = WeightedLots(slots: slots, weights: slots.map { self.weight(of: Int($0), now: now) })
        case .roundRobin:
            pool.turns = TurnOrder(
                slots: slots, weights: slots.map { self.weight(of: Int($0), now: now) }, states: self.states)
        case .consistentHash:
            let members = slots.map { slot in
                let endpoint = self.states[Int(slot)].endpoint
                return MaglevTable.Member(slot: slot, weight: endpoint.weight, key: endpoint.key)
            }
            pool.table = earlier.table.members == members ? earlier.table : MaglevTable(members)
        }
        return pool
    }

    /// At the moment; above 0 for all that are in a pool.
    func weight(of slot: Int, now: UInt64) -> Int {
        guard self.states.indices.contains(slot) else { return 0 }
        let state = self.states[slot]
        return state.endpoint.weight &* self.slowStart.factor(since: state.warmsSince, now: now)
    }
}
