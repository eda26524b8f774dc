import DataPlane
import GatewayModel
import Glibc

extension Supervisor {
    func handle(signal: Int32, at now: Instant) {
        switch signal {
        case SIGCHLD: self.reapWorkers(at: now)
        case SIGHUP: self.reload(at: now)
        case SIGUSR2: self.requestUpgrade(at: now)
        default: self.stop(signal: signal, at: now)
        }
    }

    /// The first signal drains, a second one ends at once.
    private func stop(signal: Int32, at now: Instant) {
        self.stopSignals += 1
        self.log.info("asked to stop", ["signal": .integer(Int64(signal)), "times": .integer(Int64(self.stopSignals))])
        guard self.stopSignals > 1 else { return self.stop(at: now) }
        self.perform(self.drain.hurry(), at: now)
    }

    func stop(at now: Instant) {
        self.perform(self.upgrade.stopped(), at: now)
        if !self.upgrade.isHandedOver { self.serviceManager.notify("STOPPING=1") }
        self.perform(self.drain.stop(at: now), at: now)
    }

    func perform(_ action: DrainMachine.Action, at now: Instant) {
        switch action {
        case .wait: break
        case .announce:
            self.log.info(
                "replica will drain", ["inMilliseconds": .integer(Int64(self.settings.drainDelayMilliseconds))])
            for index in self.readyWorkers.sorted() { self.announceDrain(to: index, at: now) }
        case .drain: self.drainWorkers(at: now)
        case .exit: self.end()
        }
    }

    /// The worker serves on until it hears again; should it never hear again, until some time after the delay.
    func announceDrain(to index: Int, at now: Instant) {
        let delay = self.settings.drainDelayMilliseconds.addingReportingOverflow(DrainMachine.graceMilliseconds)
        let timeout = self.settings.drainTimeoutMilliseconds
        self.send(
            .drain(delayMilliseconds: delay.partialValue, timeoutMilliseconds: timeout, isReplaced: false), to: index,
            at: now)
    }

    private func drainWorkers(at now: Instant) {
        self.log.info("replica drains")
        // The workers hold copies: a socket goes when the last of both is closed.
        self.sockets.keep([])
        let message = ChannelMessage.drain(
            delayMilliseconds: 0, timeoutMilliseconds: self.settings.drainTimeoutMilliseconds,
            isReplaced: self.upgrade.isHandedOver)
        for slot in self.slots where slot.live != nil { self.send(message, to: slot.index, at: now) }
        if self.slots.allSatisfy({ $0.live == nil }) { self.perform(self.drain.emptied(), at: now) }
    }

    private func end() {
        for slot in self.slots { slot.live?.process.kill() }
        self.source.stop(self.store.served?.content)
        self.log.info("replica has ended")
        self.exitCode = 0
    }

    private func reload(at now: Instant) {
        guard let update = self.source.reload(from: self.store.installing?.content) else { return }
        self.pending = update
        self.advance(at: now)
    }
}
