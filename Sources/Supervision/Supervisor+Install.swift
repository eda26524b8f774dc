import ControlProtocol
import DataPlane
import GatewayModel
import Glibc

extension Supervisor {
    /// Starts what can be started: a new version first, then workers that lack the served one.
    func advance(at now: Instant) {
        guard self.install.isIdle, !self.drain.isDraining else { return }
        if !self.upgrade.holdsInstalls, let next = self.pending, self.canInstallNew(at: now) {
            self.pending = nil
            self.beginNew(next, at: now)
        } else if let version = self.store.served?.content.version {
            let behind = self.readyWorkers.filter { self.slots[$0].live?.version != version }
            guard !behind.isEmpty else { return }
            self.round = .catchUp
            self.prepare(version: version, in: behind, at: now)
        }
    }

    /// The first version waits for all workers, so that one commit puts all of them in service; a later one waits for nobody.
    private func canInstallNew(at now: Instant) -> Bool {
        guard !self.readyWorkers.isEmpty else { return false }
        return self.store.served != nil
            || self.slots.allSatisfy { slot in
                guard let live = slot.live else { return (slot.respawnAt ?? now) > now }
                return live.isReady || now.milliseconds(since: live.startedAt) > 5_000
            }
    }

    private func beginNew(_ next: PendingUpdate, at now: Instant) {
        do throws(ProtocolError) {
            try self.store.stage(next)
        } catch {
            self.rejectedSnapshots += 1
            self.log.error(
                "a snapshot does not fit what is served",
                ["version": .integer(next.update.version), "error": .string("\(error)")])
            self.source.doesNotFit(next, at: now)
            return
        }
        self.stageUpstreams(at: now)
        self.round = .new(next)
        // Staging a large version takes a while, which is not the workers' time.
        self.prepare(version: next.update.version, in: self.readyWorkers, at: .now())
    }

    private func prepare(version: Int64, in workers: Set<Int>, at now: Instant) {
        self.install.begin(version: version, workers: workers, at: now)
        var payloads = SnapshotPayloads(self.store)
        for index in workers.sorted() {
            do throws(ChannelError) {
                let payload = try payloads.payload(forWorkerAt: self.slots[index].live?.version)
                self.send(.prepare(version: version), descriptors: [payload], to: index, at: now)
            } catch {
                self.log.error("a snapshot could not be handed over", ["error": .string("\(error)")])
                self.lose(index, "the snapshot could not be handed over", at: now)
            }
        }
    }

    func perform(_ action: InstallMachine.Action, at now: Instant) {
        switch action {
        case .wait: break
        case .commit(let version, let workers): self.commitWhenKnown(version, in: workers, at: now)
        case .abort(let version, let workers, let refusal): self.abort(version, in: workers, refusal, at: now)
        case .finish(let version): self.finish(version, at: now)
        case .replace(let workers):
            for index in workers.sorted() { self.lose(index, "it did not commit in time", at: now) }
        }
    }

    /// Opens what is missing and hands it out before the word to commit.
    func commit(_ version: Int64, in workers: Set<Int>, at now: Instant) {
        let addresses = self.store.installing?.addresses ?? []
        do throws(ListeningSockets.Refused) {
            try self.sockets.add(addresses)
        } catch {
            let listeners = self.store.installing?.listeners.filter { $0.value == error.address } ?? [:]
            let reasons = listeners.keys.sorted().map { key in
                RejectedReason(kind: key.kind.rawValue, name: key.name, message: error.cause.message)
            }
            self.perform(self.install.refused(reasons: reasons), at: now)
            return
        }
        self.installUpstreams(in: workers, at: now)
        for index in workers.sorted() {
            self.giveSockets(addresses, to: index, at: now)
            self.send(.commit(version: version), to: index, at: now)
        }
        self.perform(self.install.opened(at: now), at: now)
    }

    private func giveSockets(_ addresses: Set<ListenAddress>, to index: Int, at now: Instant) {
        let missing = addresses.subtracting(self.slots[index].live?.given ?? []).sorted()
        var sockets = missing.flatMap { address in
            self.sockets.sockets(for: index, at: address).map { (address, $0) }
        }[...]
        while !sockets.isEmpty {
            let batch = sockets.prefix(Channel.maximumDescriptors)
            sockets = sockets.dropFirst(batch.count)
            self.send(.sockets(batch.map(\.0)), descriptors: batch.map(\.1), to: index, at: now)
        }
        self.slots[index].live?.given = addresses
    }

    private func abort(_ version: Int64, in workers: Set<Int>, _ refusal: InstallMachine.Refusal, at now: Instant) {
        for index in workers.sorted() { self.send(.abort(version: version), to: index, at: now) }
        defer { self.round = nil }
        let reasons = refusal.reasons.map(\.text).joined(separator: "; ")
        switch self.round {
        case .catchUp, nil:
            self.log.error("workers could not take the served version", ["reasons": .string(reasons)])
            for index in workers.sorted() { self.lose(index, "it cannot take the served version", at: now) }
        case .new(let refused):
            self.store.discard()
            self.discardUpstreams()
            self.rejectedSnapshots += 1
            self.log.error(
                "snapshot refused, the last good one goes on serving",
                ["version": .integer(version), "reasons": .string(reasons)])
            self.source.rejected(refused, refusal, at: now)
            if refused.origin == .file, self.store.served == nil { self.failStart(refusal) }
        }
    }

    private func finish(_ version: Int64, at now: Instant) {
        defer { self.round = nil }
        guard case .new(let installed) = self.round else { return }
        self.store.keep()
        guard let served = self.store.served else { return }
        self.sockets.keep(served.addresses)
        self.source.installed(served.content, from: installed.origin, at: now)
        self.log.info(
            "snapshot installed",
            [
                "version": .integer(version), "digest": .string(served.content.digest),
                "origin": .string(installed.origin.rawValue),
            ])
    }

    /// A file that cannot be served at the start ends the replica: there is nothing that could go on serving.
    private func failStart(_ refusal: InstallMachine.Refusal) {
        for slot in self.slots { slot.live?.process.kill() }
        self.log.error(
            "the configuration cannot be served", ["reasons": .array(refusal.reasons.map { .string($0.text) })])
        self.exitCode = 1
    }
}

extension RejectedReason {
    /// For people: `listener web: cannot bind 0.0.0.0:80: Permission denied`.
    var text: String {
        guard let kind, let name else { return self.message }
        return "\(kind) \(name): \(self.message)"
    }
}
