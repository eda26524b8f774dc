import DataPlane
import GatewayModel

/// The supervisor of one replica: one loop over signals, workers, the admin port and the source of configuration.
///
/// What to do is decided by machines (`InstallMachine`, `DrainMachine`, `RespawnPolicy`, `PollPolicy`); this class holds
/// them together and performs what they say. It serves no traffic itself.
package final class Supervisor {
    enum EventSource {
        case signals, wakeUp, adminListener
        case adminConnection(Int32)
        case worker(Int)
    }

    let settings: SupervisorSettings
    let log: Log
    let startedAt = Instant.now()

    let signals: Signals
    let wakeUp: WakeUp
    var admin: AdminServer
    let source: ConfigurationSource

    var slots: [WorkerSlot] = []
    /// Processes that were given up and are not reaped yet.
    var zombies: Set<Int32> = []
    var sockets: ListeningSockets
    var store = SnapshotStore()
    var install = InstallMachine()
    var round: InstallRound?
    /// What is installed next.
    var pending: PendingUpdate?
    var drain: DrainMachine
    var metrics = MetricsCollector()
    var respawns = 0
    var rejectedSnapshots = 0
    /// Whether all workers have served once.
    var wasReady = false
    var stopSignals = 0
    var exitCode: Int32?

    /// Blocks the handled signals and binds the admin port; call from the main thread before any other is started.
    package init(_ settings: SupervisorSettings) throws(StartFailure) {
        self.settings = settings
        self.log = Log(replica: settings.replica)
        Memory.shareOneHeap()
        do throws(SystemError) {
            self.signals = try Signals()
            self.wakeUp = try WakeUp(blocking: false)
            self.admin = try AdminServer(settings.admin)
        } catch {
            throw StartFailure(sentences: [error.message])
        }
        self.source = try ConfigurationSource(settings, log: self.log, wakeUp: self.wakeUp)
        self.sockets = ListeningSockets(workers: settings.workers)
        self.drain = DrainMachine(
            delayMilliseconds: settings.drainDelayMilliseconds, timeoutMilliseconds: settings.drainTimeoutMilliseconds)
    }

    /// Runs until the replica has ended. Returns the exit code.
    package func run() -> Int32 {
        let now = Instant.now()
        self.slots = (0..<self.settings.workers).map { WorkerSlot(index: $0, at: now) }
        self.log.info(
            "replica starts",
            ["workers": .integer(Int64(self.settings.workers)), "admin": .string("\(self.settings.admin.text)")])
        self.pending = self.source.start()
        while true {
            if let exitCode { return exitCode }
            self.tick(at: .now())
            for event in self.poller().wait(milliseconds: self.patience()) { self.handle(event, at: .now()) }
        }
    }

    private func poller() -> Poller<EventSource> {
        var poller = Poller<EventSource>()
        poller.watch(self.signals.descriptor, .signals)
        poller.watch(self.wakeUp.descriptor, .wakeUp)
        for slot in self.slots {
            if let live = slot.live { poller.watch(live.process.channel.descriptor, .worker(slot.index)) }
        }
        if self.admin.hasRoom { poller.watch(self.admin.listener, .adminListener) }
        for connection in self.admin.connections.values {
            guard let forWriting = connection.waitsForRoom else { continue }
            poller.watch(connection.descriptor, .adminConnection(connection.descriptor), forWriting: forWriting)
        }
        return poller
    }

    private func handle(_ event: EventSource, at now: Instant) {
        switch event {
        case .signals: for signal in self.signals.pending() { self.handle(signal: signal, at: now) }
        case .wakeUp:
            self.wakeUp.wait()
            self.takeOffers(at: now)
        case .adminListener: self.admin.accept(at: now)
        case .adminConnection(let descriptor): self.serve(descriptor, at: now)
        case .worker(let index): self.readMessages(of: index, at: now)
        }
    }

    /// What time alone brings about.
    private func tick(at now: Instant) {
        self.replaceSilentWorkers(at: now)
        self.startDueWorkers(at: now)
        self.perform(self.install.tick(at: now), at: now)
        self.perform(self.drain.tick(at: now), at: now)
        if let again = self.source.tick(at: now) { self.pending = self.pending ?? again }
        self.reportWhenDue(at: now)
        self.finishMetrics(at: now)
        self.admin.sweep(at: now)
        self.advance(at: now)
    }

    /// How long nothing needs to be done, in milliseconds.
    private func patience() -> Int32 {
        let deadlines = [
            self.install.deadline, self.drain.deadline, self.metrics.deadline, self.admin.nextDeadline,
            self.source.deadline,
        ]
        let nearest = (deadlines.compactMap(\.self) + self.slots.compactMap(\.respawnAt)).min()
        guard let nearest else { return 1_000 }
        return Int32(min(nearest.milliseconds(since: .now()) + 1, 1_000))
    }
}

/// Why a replica does not start at all; sentences for people, with places where they are known.
package struct StartFailure: Error {
    package let sentences: [String]
}
