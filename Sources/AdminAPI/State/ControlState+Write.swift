import HTTPTypes
import Logging
import Storage

/// A write whose caller waits until it is durable or refused.
struct WaitingWrite {
    let request: WriteRequest
    let answer: CheckedContinuation<Result<WriteOutcome, Refusal>, Never>
}

extension ControlState {
    /// Single writes that come while another is on its way to the disk share the next fsync.
    private static var largestBatch: Int { 64 }
    /// So many changes are a batch of their own: others have their turn before and after it.
    private static var manyChanges: Int { 1000 }
    /// So many requests of many changes may wait or be carried out.
    private static var mostLargeWrites: Int { 2 }

    /// Makes a write durable and live, or refuses it and changes nothing.
    ///
    /// - Throws: `busy` when there is more to be done already than others should have to wait for.
    func write(_ request: WriteRequest) async throws(Refusal) -> WriteOutcome {
        let isLarge = request.changes.count > Self.manyChanges
        if isLarge, self.largeWrites >= Self.mostLargeWrites {
            throw Refusal(busy: "\(self.largeWrites) others with more than \(Self.manyChanges) changes are under way.")
        }
        if isLarge { self.largeWrites += 1 }
        defer { if isLarge { self.largeWrites -= 1 } }
        let result = await withCheckedContinuation { answer in
            self.writes.append(WaitingWrite(request: request, answer: answer))
            if self.writes.count == 1 { Task { self.writeBatch() } }
        }
        return try result.get()
    }

    private func writeBatch() {
        let batch = self.nextBatch()
        self.writes.removeFirst(batch.count)
        if !self.writes.isEmpty { Task { self.writeBatch() } }

        let time = self.now().wall
        let results = batch.map { write in self.stage(write.request, at: time) }
        let staged = results.compactMap { try? $0.get() }
        let failure = self.makeDurable(staged)
        for (write, result) in zip(batch, results) {
            write.answer.resume(returning: Self.answer(result, failure: failure))
        }
        self.database.checkpointIfDue()
        self.pruneIfDue()
    }

    /// A rollback is alone: it is found out from the database, which must have everything that came before it.
    private func nextBatch() -> [WaitingWrite] {
        if self.writes.first?.request.rollbackOf != nil { return Array(self.writes.prefix(1)) }
        var changes = 0
        let batch = self.writes.prefix(Self.largestBatch).prefix { write in
            changes += write.request.changes.count
            return write.request.rollbackOf == nil && changes <= Self.manyChanges
        }
        return Array(self.writes.prefix(max(batch.count, 1)))
    }

    private func stage(_ request: WriteRequest, at time: Timestamp) -> Result<StagedWrite, Refusal> {
        do throws(Refusal) {
            var request = request
            try request.actor.standing.check()
            try self.checkPrecondition(of: request)
            try self.checkBases(of: request)
            if let target = request.rollbackOf { request.changes = try self.changes(backTo: target) }
            if let patch = request.patch {
                let written = try self.resource(patch, precondition: request.precondition)
                request.changes = [.put(written.resource)]
                request.generated[patch.key] = written.generated
            }
            var staged = try self.live.stage(request, at: time)
            staged.outcome.generated = request.generated.filter { !$0.value.isEmpty }
            return .success(staged)
        } catch {
            return .failure(error)
        }
    }

    /// A document was completed before the write had its turn: what was taken away or changed meanwhile must not come back.
    private func checkBases(of request: WriteRequest) throws(Refusal) {
        for (key, basis) in request.bases where self.secrets(of: key) != basis {
            throw Refusal(busy: "The secrets of \(key) were changed while this write was prepared.")
        }
    }

    private func checkPrecondition(of request: WriteRequest) throws(Refusal) {
        guard self.requiresPreconditions, request.precondition == .none, request.isOfOneResource,
            let key = request.patch?.key ?? request.changes.first?.key, let stored = self.live.records[key]
        else { return }
        throw Refusal(
            .preconditionRequired, "\(key) exists: If-Match must say which state of it the request is meant for.",
            headers: [.eTag: ETag.of(stored)])
    }

    /// Costs what was changed since then, however much there is.
    private func changes(backTo version: Int64) throws(Refusal) -> [WriteRequest.Change] {
        do throws(StorageError) {
            return try self.database.differences(from: self.latest.number, to: version).map { difference in
                difference.after.map { .restore($0) } ?? .delete(difference.key)
            }
        } catch {
            throw Refusal(error)
        }
    }

    /// - Returns: why nothing of it was written, `nil` when all of it was.
    private func makeDurable(_ staged: [StagedWrite]) -> StorageError? {
        let commits = staged.compactMap(\.commit)
        if commits.isEmpty { return nil }
        do throws(StorageError) {
            try self.database.commit(commits)
        } catch {
            self.takeBack(staged, because: error)
            return error
        }
        self.storageProblem = nil
        self.publish(commits)
        return nil
    }

    private func takeBack(_ staged: [StagedWrite], because error: StorageError) {
        self.storageProblem = error.description
        self.logger.error("Write could not be made durable", metadata: ["error": "\(error)"])
        do {
            try self.live.undo(staged)
        } catch {
            self.logger.critical("The last good configuration no longer compiles", metadata: ["error": "\(error)"])
        }
    }

    /// Tells everybody who waits for a newer version, once it is durable.
    private func publish(_ commits: [VersionCommit]) {
        for commit in commits {
            self.log.append(commit)
            self.names.note(commit)
        }
        self.updates.removeAll()
        self.wakePolls()
        self.checkRollouts()
        self.metrics.publish(self.live)
        if commits.reduce(0, { $0 + $1.changes.count }) >= Heap.manyChanges { Heap.giveBackSoon() }
    }

    /// A write that was staged on top of one that failed has failed too, whatever it would have answered.
    private static func answer(
        _ result: Result<StagedWrite, Refusal>, failure: StorageError?
    ) -> Result<WriteOutcome, Refusal> {
        switch (result, failure) {
        case (.failure(let refusal), _): .failure(refusal)
        case (.success, let failure?): .failure(Refusal(failure))
        case (.success(let staged), nil): .success(staged.outcome)
        }
    }
}
