import ControlProtocol
import GatewayModel
import Logging
import Storage

/// A poll that is held until there is something newer.
struct WaitingPoll {
    let request: PollRequest
    let answer: CheckedContinuation<EncodedUpdate?, Never>
    let timer: Task<Void, Never>
}

extension ControlState {
    /// What leads the replica to the latest version.
    ///
    /// - Returns: `nil` when nothing newer came within the time that the request allows.
    func poll(_ request: PollRequest) async -> PollAnswer? {
        self.replicas.polled(request, identity: self.identity, at: self.now())
        self.checkRollouts()
        await self.jump(above: request)
        var update = self.update(for: request)
        if update == nil, !self.isStopping, request.wait > .zero { update = await self.hold(request) }
        guard let update else { return nil }
        self.replicas.offered(update.version, to: request.replica)
        return PollAnswer(update: update, adopts: request.identity.flatMap { self.adopts($0) ? $0 : nil })
    }

    /// Takes a replica's report about itself.
    func report(_ status: ReplicaStatus) {
        self.replicas.reported(status, latest: self.latest.number, at: self.now())
        self.checkRollouts()
        if status.state == "rejected" {
            self.logger.warning(
                "Replica rejected a snapshot",
                metadata: ["replica": "\(status.replica)", "error": "\(status.error.first?.message ?? "no reason")"])
        }
    }

    /// Answers every poll that a new version concerns.
    func wakePolls() {
        for (id, poll) in self.polls {
            if let update = self.update(for: poll.request) { self.endPoll(id, with: update) }
        }
    }

    func endPoll(_ id: Int, with update: EncodedUpdate? = nil) {
        guard let poll = self.polls.removeValue(forKey: id) else { return }
        poll.timer.cancel()
        poll.answer.resume(returning: update)
    }

    private func hold(_ request: PollRequest) async -> EncodedUpdate? {
        let id = self.nextWaiter()
        return await withCheckedContinuation { answer in
            let timer = Task {
                try? await Task.sleep(for: request.wait)
                self.endPoll(id)
            }
            self.polls[id] = WaitingPoll(request: request, answer: answer, timer: timer)
        }
    }

    /// The delta when control still knows what the replica has, else the full snapshot; `nil` when there is no news.
    ///
    /// A replica that refused a version asks for what comes after that one, and still serves an older one, which
    /// a delta must start from. A replica ahead of us gets nothing: it would ignore a lower version.
    private func update(for request: PollRequest) -> EncodedUpdate? {
        guard let since = request.since else { return self.updates.update(from: nil) { self.live.content.full() } }
        if let identity = request.identity, identity != self.identity {
            return self.adopts(identity)
                ? self.updates.update(from: nil) { self.live.content.full() } : self.introduction(to: since)
        }
        let base = request.version ?? since
        let isKnown = request.digest.map { $0 == self.log.digest(of: base) } ?? false
        if since > self.latest.number || (since == self.latest.number && (isKnown || base < since)) { return nil }
        if isKnown, let known = self.updates.known(from: base) { return known }
        guard isKnown, let keys = self.log.keys(changedAfter: base) else {
            return self.updates.update(from: nil) { self.live.content.full() }
        }
        return self.updates.update(from: base) { self.delta(from: base, keys: keys) }
    }

    /// Says who we are to a replica that will take nothing from us, without the weight of the whole configuration.
    private func introduction(to version: Int64) -> EncodedUpdate {
        EncodedUpdate(
            SnapshotUpdate(
                identity: self.identity, from: version, version: self.latest.number, digest: self.latest.digest,
                upserts: [], deletes: []))
    }

    private func delta(from version: Int64, keys: Set<ResourceKey>) -> SnapshotUpdate {
        let entries = self.live.content.entries
        return SnapshotUpdate(
            identity: self.identity, from: version, version: self.latest.number, digest: self.latest.digest,
            upserts: keys.sorted().compactMap { entries[$0] }, deletes: keys.sorted().filter { entries[$0] == nil })
    }
}
