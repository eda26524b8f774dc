import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Storage

/// A write that is in memory and not yet on the disk.
struct StagedWrite {
    var outcome: WriteOutcome
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
        let number = max(self.latest.number, request.above ?? 0) + 1
        let changes = try self.resolve(request, version: number, at: now)
        let planHash = try self.planHash(of: changes, for: request)
        let effective = changes.filter { $0.effect != .unchanged }
        if effective.isEmpty, request.above ?? 0 < self.latest.number {
            let outcome = WriteOutcome(
                version: self.latest.number, changes: changes, planHash: planHash,
                warnings: self.warnings(about: changes, of: request, nil, at: now))
            return StagedWrite(outcome: outcome, commit: nil, previous: [], previousVersion: self.latest)
        }
        let previous = self.place(effective.map { (key: $0.key, stored: $0.stored) })
        do {
            try self.validate(effective)
            let prepared = try self.compile(effective, version: number)
            let outcome = WriteOutcome(
                version: request.isDryRun ? self.latest.number : number, changes: changes, planHash: planHash,
                warnings: self.warnings(about: changes, of: request, prepared, at: now),
                traffic: request.reviewsTraffic ? self.trafficEffects(of: effective, prepared) : [])
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
        var isCompiled = true
        for write in staged.reversed() where write.commit != nil {
            self.restore(write.previous)
            if isCompiled { isCompiled = self.takeBack(write) }
            self.advance(to: write.previousVersion)
        }
        if !isCompiled { try self.rebuildGateway() }
    }

    /// Costs what the write changed: while a disk refuses every write, nobody waits for the whole to be compiled each time.
    private func takeBack(_ write: StagedWrite) -> Bool {
        let update = SnapshotUpdate(
            identity: self.identity, from: self.latest.number, version: write.previousVersion.number,
            digest: write.previousVersion.digest,
            upserts: write.previous.compactMap(\.stored).map { SnapshotEntry(resource: $0.resource, order: $0.order) },
            deletes: write.previous.filter { $0.stored == nil }.map(\.key))
        guard let prepared = try? self.gateway.prepare(takingBack: update) else { return false }
        _ = self.gateway.commit(prepared)
        return true
    }

    /// - Throws: `plan-outdated` when the write would not do what its plan said.
    private func planHash(
        of changes: [WriteOutcome.Change], for request: WriteRequest
    ) throws(Refusal) -> String? {
        guard request.isDryRun || request.planHash != nil else { return nil }
        let hash = PlanHash.of(changes, base: self.latest)
        guard request.planHash ?? hash == hash else {
            throw Refusal(
                .planOutdated, "The configuration is at version \(self.latest.number) and not as it was planned for.")
        }
        return hash
    }

    private mutating func finish(
        _ request: WriteRequest, _ outcome: WriteOutcome, _ effective: [WriteOutcome.Change],
        _ previous: [(key: ResourceKey, stored: StoredResource?)], _ prepared: PreparedChange, at now: Timestamp
    ) -> StagedWrite {
        let parent = self.latest
        _ = self.gateway.commit(prepared)
        let version = VersionRecord(
            number: outcome.version, parent: parent.number, rollbackOf: request.rollbackOf,
            digest: self.content.digest, author: request.actor.name, message: request.message, createdAt: now,
            counts: self.counts)
        self.advance(to: version)
        let commit = VersionCommit(
            version: version, changes: effective.compactMap(\.rowChange),
            audit: AuditEntry(
                request, at: now, from: parent.number, to: version.number,
                note: self.routesMadePublic(by: effective).auditText))
        return StagedWrite(outcome: outcome, commit: commit, previous: previous, previousVersion: parent)
    }

    private mutating func restore(_ previous: [(key: ResourceKey, stored: StoredResource?)]) {
        self.place(previous.reversed())
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

extension WriteOutcome.Change {
    /// What it comes to in the database; `nil` for what was never there.
    fileprivate var rowChange: ResourceChange? {
        if let stored { return .upsert(stored, replaced: self.before?.updatedVersion) }
        return self.before.map { .delete(self.key, replaced: $0.updatedVersion) }
    }
}

extension AuditEntry {
    /// - Parameter note: what the record says of the write besides its message.
    fileprivate init(
        _ request: WriteRequest, at now: Timestamp, from before: Int64, to after: Int64, note: String?
    ) {
        let actor = request.actor
        self.init(
            time: now, actor: actor.name, role: actor.role, action: request.action, subject: request.subject,
            source: actor.source, requestID: actor.requestID, versionBefore: before, versionAfter: after,
            message: note.map { (request.message.map { $0 + "; " } ?? "") + $0 } ?? request.message)
    }
}
