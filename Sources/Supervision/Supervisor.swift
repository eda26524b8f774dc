import DataPlane
import GatewayModel
import Glibc

/// The supervisor of one replica: one loop over signals, workers, the admin port and the source of configuration.
///
/// What to do is decided by machines (`InstallMachine`, `DrainMachine`, `UpgradeMachine`, `RespawnPolicy`, `PollPolicy`);
/// this class holds them together and performs what they say. It serves no traffic itself.
package final class Supervisor {
    enum EventSource {
        case signals, wakeUp, adminListener
        case adminConnection(Int32)
        case worker(Int)
        case predecessor, successor
    }

    let settings: SupervisorSettings
    let log: Log
    let startedAt = Instant.now()

    let signals: Signals
    let wakeUp: WakeUp
    let serviceManager: ServiceManager
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
    var upgrade: UpgradeMachine
    var upgrades: UpgradeCounts
    /// Who started this process to take its place, until it has handed over.
    var predecessor: Predecessor?
    /// Whom this process has started to take its place.
    var successor: Successor?
    var ticketKeys: TicketKeyRing
    /// What the workers count together.
    let gauges: GaugeTable
    let limits: LimitMemory
    /// What is known of upstreams.
    var watch: UpstreamWatch
    /// `nil` until a name is looked up.
    var discovery: DiscoveryThread?
    /// `nil` until an endpoint is probed.
    var prober: ProbeThread?
    var probePlans: [String: ProbePlan] = [:]
    /// Why names fail that do, so that each reason is logged once.
    var nameFailures: [Discovery: String] = [:]
    /// When an update that is prepared waits no longer for names.
    var namesAreDue: Instant
    var heldCommit: HeldCommit?
    /// The key sets of token issuers, by URL.
    var keySets: [String: KeySetSchedule] = [:]
    /// What was known of key sets when this process started.
    let knownKeySets: KnownKeySets
    let keySetFile: KeySetFile?
    let keySetFetcher: KeySetFetcher
    /// Since when the control plane is to be told of endpoints, if it is.
    var healthChangedAt: Instant?
    var metrics = MetricsCollector()
    var respawns = 0
    var rejectedSnapshots = 0
    /// Whether all workers have served once.
    var wasReady = false
    /// Whether the service manager knows that this replica serves.
    var isAnnounced = false
    var stopSignals = 0
    var exitCode: Int32?

    /// Blocks the handled signals, takes what a predecessor hands over and binds the admin port otherwise; call from the
    /// main thread before any other is started.
    package init(_ settings: SupervisorSettings) throws(StartFailure) {
        self.settings = settings
        self.log = Log(replica: settings.replica)
        Memory.shareOneHeap()
        var random = SystemRandomNumberGenerator()
        guard let gauges = GaugeTable(workers: settings.workers),
            let limits = LimitMemory(bytes: settings.limitMemory, seed: random.next())
        else {
            throw StartFailure(sentences: [SystemError("make memory that workers share").message])
        }
        self.gauges = gauges
        self.limits = limits
        var predecessor = settings.handover.map(Predecessor.init(descriptor:))
        var inherited = try predecessor?.inherit()
        let adminListener = inherited?.takeAdmin(settings.admin) ?? nil
        do throws(SystemError) {
            self.signals = try Signals()
            self.wakeUp = try WakeUp(blocking: false)
            self.admin = try AdminServer(settings.admin, inherited: adminListener)
        } catch {
            throw StartFailure(sentences: [error.message])
        }
        self.keySetFile = KeySetFile(settings.source)
        self.knownKeySets = inherited?.keySets ?? self.keySetFile?.read() ?? KnownKeySets()
        self.keySetFetcher = KeySetFetcher(authorityFile: settings.keySetAuthorityFile, wakeUp: self.wakeUp)
        self.predecessor = predecessor
        self.serviceManager = ServiceManager(socket: settings.notifySocket)
        self.source = try ConfigurationSource(settings, inherited: inherited, log: self.log, wakeUp: self.wakeUp)
        self.sockets = ListeningSockets(workers: settings.workers, inherited: inherited?.sockets ?? [:])
        self.watch = UpstreamWatch(inheriting: inherited?.upstreams ?? [], at: wallMilliseconds())
        self.namesAreDue = self.startedAt
        self.ticketKeys = inherited?.ticketKeys ?? TicketKeyRing(at: self.startedAt)
        self.upgrades = inherited?.upgrades ?? UpgradeCounts()
        self.upgrade = UpgradeMachine(
            timeoutMilliseconds: settings.upgradeTimeoutMilliseconds, canLeave: getpid() != 1)
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
        if let predecessor { poller.watch(predecessor.channel.descriptor, .predecessor) }
        if let successor { poller.watch(successor.channel.descriptor, .successor) }
        if self.isInCharge, self.admin.hasRoom, let listener = self.admin.listener {
            poller.watch(listener, .adminListener)
        }
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
            self.takeFindings(at: now)
            self.takeKeySets(at: now)
            self.takeOffers(at: now)
        case .adminListener: self.admin.accept(at: now)
        case .adminConnection(let descriptor): self.serve(descriptor, at: now)
        case .worker(let index): self.readMessages(of: index, at: now)
        case .predecessor: self.readPredecessor(at: now)
        case .successor: self.readSuccessor(at: now)
        }
    }

    /// What time alone brings about.
    private func tick(at now: Instant) {
        self.replaceSilentWorkers(at: now)
        self.startDueWorkers(at: now)
        self.rotateTicketKeysWhenDue(at: now)
        self.perform(self.install.tick(at: now), at: now)
        self.releaseCommit(at: now)
        self.fetchDueKeySets(at: now)
        self.perform(self.drain.tick(at: now), at: now)
        self.perform(self.upgrade.tick(at: now), at: now)
        if self.install.isIdle { self.perform(self.upgrade.installIsOver(at: now), at: now) }
        if let again = self.source.tick(at: now) { self.pending = self.pending ?? again }
        self.reportHealthWhenDue(at: now)
        self.reportWhenDue(at: now)
        self.finishMetrics(at: now)
        self.admin.sweep(at: now)
        self.advance(at: now)
        self.announceWhenServing()
    }

    /// How long nothing needs to be done, in milliseconds.
    private func patience() -> Int32 {
        let deadlines: [Instant?] = [
            self.install.deadline, self.heldCommit?.until, self.healthChangedAt?.advanced(by: Self.healthPause),
            self.nextKeySetFetch, self.drain.deadline, self.metrics.deadline,
            self.admin.nextDeadline,
            self.source.deadline, self.upgrade.deadline, self.drain.isDraining ? nil : self.ticketKeys.rotatesAt,
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
