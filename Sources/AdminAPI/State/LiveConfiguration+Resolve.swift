import GatewayModel
import Storage

extension LiveConfiguration {
    /// What each requested change comes to, given what is stored, what the set owns and what the caller may change.
    mutating func resolve(
        _ request: WriteRequest, version: Int64, at now: Timestamp
    ) throws(Refusal) -> [WriteOutcome.Change] {
        var changes: [WriteOutcome.Change] = []
        changes.reserveCapacity(request.changes.count)
        for change in request.changes + self.pruning(request) {
            let current = self.records[change.key]
            if case .delete(let key) = change, current == nil { throw Refusal(missing: key) }
            try request.precondition.check(current)
            changes.append(self.resolve(change, current, of: request, version: version, at: now))
        }
        try Self.checkScope(of: request.actor, changes)
        try Self.checkOwners(of: request, changes)
        return changes
    }

    /// Deletions of what the set owned and the write lacks.
    private func pruning(_ request: WriteRequest) -> [WriteRequest.Change] {
        guard request.prunes, let set = request.set else { return [] }
        let kept = Set(request.changes.map(\.key))
        return self.records.values.filter { $0.owner == set && !kept.contains($0.key) }.map(\.key).sorted()
            .map { .delete($0) }
    }

    private mutating func resolve(
        _ change: WriteRequest.Change, _ current: StoredResource?, of request: WriteRequest, version: Int64,
        at now: Timestamp
    ) -> WriteOutcome.Change {
        switch change {
        case .delete(let key):
            return WriteOutcome.Change(key: key, effect: .deleted, before: current, stored: nil)
        case .put(let resource):
            let owner = request.set ?? current?.owner
            if let current, current.owner == owner, current.resource.isEquivalent(to: resource) {
                return WriteOutcome.Change(key: resource.key, effect: .unchanged, before: current, stored: current)
            }
            let stored = StoredResource(
                resource: resource, order: current?.order ?? self.takeOrder(), owner: owner,
                createdVersion: current?.createdVersion ?? version, updatedVersion: version,
                createdAt: current?.createdAt ?? now, updatedAt: now)
            return WriteOutcome.Change(
                key: resource.key, effect: current == nil ? .created : .updated, before: current, stored: stored)
        case .restore(let old):
            let stored = StoredResource(
                resource: old.resource, order: old.order, owner: old.owner, createdVersion: old.createdVersion,
                updatedVersion: version, createdAt: old.createdAt, updatedAt: now)
            return WriteOutcome.Change(
                key: old.key, effect: current == nil ? .created : .updated, before: current, stored: stored)
        }
    }

    /// A caller whose rights end at a selector changes neither what lies outside of it nor what would come to lie there.
    private static func checkScope(of actor: Actor, _ changes: [WriteOutcome.Change]) throws(Refusal) {
        guard actor.scope != .all else { return }
        let outside = changes.filter { change in
            // That nothing changes would tell that a password is right.
            (change.effect != .unchanged || change.key.kind.isSettled)
                && ![change.before, change.stored].compactMap(\.self).allSatisfy {
                    actor.scope.matches($0.resource.labels)
                }
        }
        if !outside.isEmpty { throw Refusal(outsideScope: outside.map(\.key)) }
    }

    private static func checkOwners(of request: WriteRequest, _ changes: [WriteOutcome.Change]) throws(Refusal) {
        guard let set = request.set, !request.isForced else { return }
        let foreign = changes.filter { ($0.before?.owner ?? set) != set }
        if !foreign.isEmpty { throw Refusal(ownedElsewhere: foreign.compactMap(\.before)) }
    }
}
