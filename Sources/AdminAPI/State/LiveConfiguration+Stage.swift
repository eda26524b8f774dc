import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Storage

/// A write that is in memory and not yet on the disk.
struct StagedWrite {
    let outcome: WriteOutcome
    /// `nil` when the write changes nothing, or was a dry run.
    let commit: VersionCommit?
    fileprivate let previous: [(key: ResourceKey, stored: StoredResource?)]
    fileprivate let previousVersion: VersionRecord
}

extension LiveConfiguration {
    /// Checks a write as a whole and puts it in place: precondition, references, conflicts, and every step that a
    /// worker would take to compile it.
    ///
    /// When it throws, and after a dry run, everything is as before.
    mutating func stage(_ request: WriteRequest, at now: Timestamp) throws(Refusal) -> StagedWrite {
        let number = self.latest.number + 1
        let changes = try self.resolve(request, version: number, at: now)
        let effective = changes.filter { $0.effect != .unchanged }
        if effective.isEmpty { return self.unchanged(changes) }

        let previous = effective.map { (key: $0.key, stored: self.place($0.stored, for: $0.key)) }
        do {
            try self.validate(effective)
            let prepared = try self.compile(effective, version: number)
            let outcome = WriteOutcome(
                version: request.isDryRun ? self.latest.number : number, changes: changes,
                warnings: prepared.warnings(about: effective.filter { $0.stored != nil }.map(\.key)))
            if request.isDryRun {
                self.restore(previous)
                return StagedWrite(outcome: outcome, commit: nil, previous: [], previousVersion: self.latest)
            }
            return self.finish(request, outcome, effective, previous, prepared, at: now)
        } catch {
            self.restore(previous)
            throw error
        }
    }

    /// Takes back staged writes, the last one first, after they could not be made durable.
    mutating func undo(_ staged: [StagedWrite]) throws(SnapshotRejected) {
        for write in staged.reversed() {
            self.restore(write.previous)
            self.advance(to: write.previousVersion)
        }
        if staged.contains(where: { $0.commit != nil }) { try self.rebuildGateway() }
    }

    private func unchanged(_ changes: [WriteOutcome.Change]) -> StagedWrite {
        StagedWrite(
            outcome: WriteOutcome(version: self.latest.number, changes: changes), commit: nil, previous: [],
            previousVersion: self.latest)
    }

    private mutating func finish(
        _ request: WriteRequest, _ outcome: WriteOutcome, _ effective: [WriteOutcome.Change],
        _ previous: [(key: ResourceKey, stored: StoredResource?)], _ prepared: PreparedChange, at now: Timestamp
    ) -> StagedWrite {
        let parent = self.latest
        _ = self.gateway.commit(prepared)
        let version = VersionRecord(
            number: outcome.version, parent: parent.number, digest: self.content.digest, author: request.author,
            message: request.message, createdAt: now, counts: self.counts)
        self.advance(to: version)
        let rows = effective.map { $0.stored.map(ResourceChange.upsert) ?? .delete($0.key) }
        return StagedWrite(
            outcome: outcome, commit: VersionCommit(version: version, changes: rows), previous: previous,
            previousVersion: parent)
    }

    private mutating func restore(_ previous: [(key: ResourceKey, stored: StoredResource?)]) {
        for (key, stored) in previous.reversed() { self.place(stored, for: key) }
    }

    /// What each requested change comes to, given what is stored.
    private mutating func resolve(
        _ request: WriteRequest, version: Int64, at now: Timestamp
    ) throws(Refusal) -> [WriteOutcome.Change] {
        var changes: [WriteOutcome.Change] = []
        changes.reserveCapacity(request.changes.count)
        for change in request.changes {
            let current = self.records[change.key]
            if case .delete(let key) = change, current == nil { throw Refusal(missing: key) }
            try request.precondition.check(current)
            changes.append(self.resolve(change, current, version: version, at: now))
        }
        return changes
    }

    private mutating func resolve(
        _ change: WriteRequest.Change, _ current: StoredResource?, version: Int64, at now: Timestamp
    ) -> WriteOutcome.Change {
        switch (change, current) {
        case (.delete(let key), _): return WriteOutcome.Change(key: key, effect: .deleted, stored: nil)
        case (.put(let resource), let current?) where current.resource.document == resource.document:
            return WriteOutcome.Change(key: resource.key, effect: .unchanged, stored: current)
        case (.put(let resource), let current):
            let stored = StoredResource(
                resource: resource, order: current?.order ?? self.takeOrder(),
                createdVersion: current?.createdVersion ?? version, updatedVersion: version,
                createdAt: current?.createdAt ?? now, updatedAt: now)
            return WriteOutcome.Change(key: resource.key, effect: current == nil ? .created : .updated, stored: stored)
        }
    }

    private func validate(_ changes: [WriteOutcome.Change]) throws(Refusal) {
        for change in changes where change.effect == .deleted {
            let referrers = self.configuration.referrers(of: change.key)
            if !referrers.isEmpty { throw Refusal(deleting: change.key, referrers: referrers) }
        }
        let faults = self.configuration.check(changed: Set(changes.map(\.key)))
        if !faults.isEmpty { throw Refusal(faults: faults) }
    }

    private func compile(_ changes: [WriteOutcome.Change], version: Int64) throws(Refusal) -> PreparedChange {
        let update = SnapshotUpdate(
            identity: self.identity, from: self.latest.number, version: version, digest: self.content.digest,
            upserts: changes.compactMap(\.stored).map { SnapshotEntry(resource: $0.resource, order: $0.order) },
            deletes: changes.filter { $0.stored == nil }.map(\.key))
        do {
            return try self.gateway.prepare(update)
        } catch {
            throw Refusal(rejected: error)
        }
    }
}
