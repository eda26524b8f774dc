import DataPlane

/// One place for a worker: the process that runs, or when the next one starts.
struct WorkerSlot {
    static let silenceMilliseconds: UInt64 = 10_000

    let index: Int
    var live: LiveWorker?
    var respawnAt: Instant?
    private var policy = RespawnPolicy()

    /// Starts at the first look.
    init(index: Int, at now: Instant) {
        self.index = index
        self.respawnAt = now
    }

    /// Takes note of a death, of the process or of the attempt to start one.
    mutating func died(at now: Instant) {
        let lifetime = self.live.map { now.milliseconds(since: $0.startedAt) } ?? 0
        self.live = nil
        self.respawnAt = now.advanced(by: self.policy.died(after: lifetime))
    }

    func isSilent(at now: Instant) -> Bool {
        guard let live else { return false }
        return now.milliseconds(since: live.lastHeard) > Self.silenceMilliseconds
    }
}

/// A running worker process, as far as the supervisor knows.
struct LiveWorker {
    let process: WorkerProcessHandle
    let startedAt: Instant
    var lastHeard: Instant
    var isReady = false
    /// What it serves.
    var version: Int64?
    /// Whether it was told all about upstreams, and so is told of changes.
    var knowsUpstreams = false
    /// It was told of key sets, and is told of every change since.
    var knowsKeySets = false
    /// The addresses whose sockets it was given.
    var given: Set<ListenAddress> = []

    init(process: WorkerProcessHandle, at now: Instant) {
        self.process = process
        self.startedAt = now
        self.lastHeard = now
    }
}
