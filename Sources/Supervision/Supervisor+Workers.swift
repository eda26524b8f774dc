import DataPlane
import GatewayModel
import Glibc

extension Supervisor {
    /// The workers that take messages.
    var readyWorkers: Set<Int> {
        Set(self.slots.lazy.filter { $0.live?.isReady == true }.map(\.index))
    }

    func startDueWorkers(at now: Instant) {
        guard !self.drain.isDraining else { return }
        for index in self.slots.indices where self.slots[index].live == nil {
            guard let due = self.slots[index].respawnAt, due <= now else { continue }
            self.startWorker(index, at: now)
        }
    }

    private func startWorker(_ index: Int, at now: Instant) {
        // Its predecessor is dead and holds nothing any more.
        self.gauges.clear(worker: index)
        do throws(SystemError) {
            let process = try WorkerProcessHandle.spawn(
                arguments: [
                    "--worker-process", String(index), "--workers", String(self.settings.workers),
                    "--access-log", self.settings.accessLog,
                ] + self.settings.limitStore,
                environment: WorkerEnvironment.make(from: self.settings.environment),
                shared: .init(gauges: self.gauges.descriptor, limits: self.limits.descriptor))
            self.slots[index].live = LiveWorker(process: process, at: now)
            self.slots[index].respawnAt = nil
            self.log.info(
                "worker process started", ["worker": .integer(Int64(index)), "pid": .integer(Int64(process.pid))])
        } catch {
            self.slots[index].died(at: now)
            self.log.error("a worker process could not be started", ["error": .string(error.message)])
        }
    }

    func replaceSilentWorkers(at now: Instant) {
        for index in self.slots.indices where self.slots[index].isSilent(at: now) {
            // It may be this loop that was busy: what the worker has said meanwhile waits to be read.
            self.readMessages(of: index, at: now)
            if self.slots[index].isSilent(at: now) { self.lose(index, "it fell silent", at: now) }
        }
    }

    /// Gives a worker process up: kills it, and plans the next one.
    func lose(_ index: Int, _ reason: String, at now: Instant) {
        guard let live = self.slots[index].live else { return }
        live.process.kill()
        live.process.channel.close()
        self.zombies.insert(live.process.pid)
        self.metrics.lost(worker: index)
        self.heldCommit?.workers.remove(index)
        self.loseEjections(of: index)
        self.slots[index].died(at: now)
        let metadata: JSONObject = [
            "worker": .integer(Int64(index)), "pid": .integer(Int64(live.process.pid)), "reason": .string(reason),
        ]
        if self.drain.isDraining {
            self.log.info("worker process has ended", metadata)
        } else {
            self.respawns += 1
            self.log.error("worker process is lost and will be replaced", metadata)
        }
        self.perform(self.install.lost(worker: index), at: now)
        if self.slots.allSatisfy({ $0.live == nil }) { self.perform(self.drain.emptied(), at: now) }
    }

    /// SIGCHLD: takes note of who ended, and how.
    func reapWorkers(at now: Instant) {
        for slot in self.slots {
            guard let live = slot.live, let ending = ChildProcess.reap(live.process.pid) else { continue }
            self.lose(slot.index, ending, at: now)
            self.zombies.remove(live.process.pid)
        }
        self.reapSuccessor(at: now)
        for pid in self.zombies {
            guard let ending = ChildProcess.reap(pid) else { continue }
            self.zombies.remove(pid)
            self.log.info("worker process is reaped", ["pid": .integer(Int64(pid)), "ending": .string(ending)])
        }
    }

    func readMessages(of index: Int, at now: Instant) {
        while let live = self.slots[index].live {
            do throws(ChannelError) {
                guard let (message, descriptors) = try live.process.channel.receive() else { return }
                self.slots[index].live?.lastHeard = now
                self.receive(message, descriptors, from: index, at: now)
                for descriptor in descriptors { close(descriptor) }
            } catch .closed {
                self.lose(index, "it closed its channel", at: now)
            } catch {
                self.lose(index, "its channel failed: \(error)", at: now)
            }
        }
    }

    private func receive(_ message: ChannelMessage, _ descriptors: [Int32], from index: Int, at now: Instant) {
        switch message {
        case .ready: self.welcome(index, at: now)
        case .alive, .drained: break
        case .prepared(let version):
            self.perform(self.install.prepared(worker: index, version: version), at: now)
        case .rejected(let version, let reasons):
            self.perform(self.install.rejected(worker: index, version: version, reasons: reasons), at: now)
        case .committed(let version):
            self.slots[index].live?.version = version
            self.perform(self.install.committed(worker: index, version: version), at: now)
        case .metricsReport: self.takeReport(descriptors, of: index)
        case .ejection(let ejection): self.take(ejection, from: index)
        case .keySetWanted(let uri): self.keySetWanted(uri, by: index, at: now)
        case .firewallEvent(let event, let dropped): self.source.take(event, dropped: dropped, at: now)
        case .prepare, .sockets, .commit, .abort, .metrics, .drain, .ticketKeys, .upstreams, .keySet:
            self.log.error("a worker process sent what only supervisors send", ["worker": .integer(Int64(index))])
        }
    }

    /// A worker's loop runs: it learns what the others know already.
    private func welcome(_ index: Int, at now: Instant) {
        self.slots[index].live?.isReady = true
        self.giveTicketKeys(to: index, at: now)
        if self.drain.isPausing { self.announceDrain(to: index, at: now) }
    }

    /// Sends to one worker; one that cannot take it is lost.
    func send(_ message: ChannelMessage, descriptors: [Int32] = [], to index: Int, at now: Instant) {
        guard let live = self.slots[index].live else { return }
        do throws(ChannelError) {
            try live.process.channel.send(message, descriptors: descriptors)
        } catch {
            self.lose(index, "it takes no messages: \(error)", at: now)
        }
    }
}
