import GatewayModel
package import Logging
package import Storage
import Synchronization

/// The one owner of the configuration: every write, every poll and every read of it passes here in turn.
///
/// It runs on a thread of its own and waits for the disk there. In exchange nobody ever sees a write that is not durable,
/// and there is no interleaving to think about.
package actor ControlState {
    private let executor = QueueExecutor()
    package nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    let database: ConfigurationDatabase
    let logger: Logger
    let metrics: AdminMetrics
    let now: @Sendable () -> Moment
    let retention: Retention
    let references: SecretReferences
    let urlHosts: URLHosts
    let bodies = BodyRoom()
    let backups = BackupTurn()
    let firewallEvents = FirewallEventRing()
    /// Whether a write of a resource that exists must say which state of it it is meant for.
    let requiresPreconditions: Bool

    var live: LiveConfiguration
    var log: ChangeLog
    var names = NameIndex()
    var replicas = ReplicaRegistry()
    var updates = UpdateCache()
    /// Identities of other control planes whose replicas follow this one.
    var adoptions: Set<String>
    var jumps = JumpPolicy()

    /// Writes that wait for their turn; they share one transaction.
    var writes: [WaitingWrite] = []
    /// How many of them, and of those being carried out, are of many changes.
    var largeWrites = 0
    /// Polls that wait for a newer version.
    var polls: [Int: WaitingPoll] = [:]
    /// Calls that wait until every live replica serves a version.
    var rollouts: [Int: WaitingRollout] = [:]
    private var lastWaiter = 0
    /// Up to which uptime replicas that follow may not have been heard of yet.
    let hearingEnd: Int64
    /// The version with which old content is looked for again.
    var nextPruning: Int64 = 0
    /// Set when the control plane stops: waiting calls are answered and new ones do not wait.
    var isStopping = false
    /// Why the last write did not become durable; `nil` once one does again.
    var storageProblem: String?

    /// Loads everything that is stored and compiles it.
    package init(
        database: ConfigurationDatabase, retention: Retention = .standard, logger: Logger, metrics: AdminMetrics,
        references: SecretReferences, urlHosts: URLHosts = .any,
        requiresPreconditions: Bool = false, now: @escaping @Sendable () -> Moment
    ) throws(StorageError) {
        Heap.prepare()
        let state = try database.load(newIdentity: RandomText.hexadecimal(bytes: 16), at: now().wall)
        self.database = database
        self.retention = retention
        self.logger = logger
        self.metrics = metrics
        self.now = now
        self.references = references
        self.urlHosts = urlHosts
        self.requiresPreconditions = requiresPreconditions
        self.hearingEnd = state.latest.number > 1 ? now().uptime + Self.hearingTime : 0
        self.log = ChangeLog(state)
        self.adoptions = state.adoptions
        self.live = try LiveConfiguration(state)
        metrics.publish(self.live)
        Heap.giveBackSoon()
    }

    /// Answers every waiting call at once; polls that come later are not held.
    package func stop() {
        self.isStopping = true
        for id in Array(self.polls.keys) { self.endPoll(id) }
        for id in Array(self.rollouts.keys) { self.endRollout(id) }
    }

    /// Names a call that waits.
    func nextWaiter() -> Int {
        self.lastWaiter += 1
        return self.lastWaiter
    }
}
