import ControlProtocol

/// Every replica that has polled or reported, by its id.
struct ReplicaRegistry {
    /// Replicas are remembered for a day after they were last seen, and at most so many.
    private static let capacity = 1_000
    private static let memory: Int64 = 24 * 3600 * 1000

    private(set) var replicas: [String: Replica] = [:]

    var all: [Replica] { self.replicas.values.sorted { $0.id < $1.id } }

    /// A poll is the heartbeat, and the acknowledgement of what the replica serves.
    ///
    /// - Parameter identity: ours; only versions of ours can be what comes after a refused one.
    mutating func polled(_ poll: PollRequest, identity: String, at now: Moment) {
        self.update(poll.replica, at: now) { replica in
            replica.host = replica.host ?? poll.source
            replica.version = poll.version ?? poll.since
            replica.digest = poll.digest
            replica.identity = poll.identity
            if let rejection = replica.rejection, let version = replica.version, version >= rejection.version,
                poll.identity ?? identity == identity
            {
                replica.rejection = nil
            }
        }
    }

    /// The replica was given a snapshot. This does not make it live: it may be gone, and the poll with it.
    mutating func offered(_ version: Int64, to id: String) { self.replicas[id]?.offered = version }

    /// - Parameter latest: what a rejection is about when the replica was given nothing since control started.
    mutating func reported(_ status: ReplicaStatus, latest: Int64, at now: Moment) {
        self.update(status.replica, at: now) { replica in
            replica.host = status.host
            // Polls acknowledge; a report that was overtaken by one must not take its version back.
            if replica.version == nil {
                replica.version = status.version
                replica.digest = status.digest
                replica.identity = status.identity
            }
            replica.uptimeSeconds = Int64(clamping: status.uptimeSeconds)
            replica.traffic = status.traffic
            replica.health = Dictionary(
                status.upstreams.map { ($0.upstream, $0.endpoints) }, uniquingKeysWith: { first, _ in first })
            replica.rejection = Self.rejection(status, offered: replica.offered ?? latest)
        }
    }

    mutating func forget(_ id: String) { self.replicas[id] = nil }

    private static func rejection(_ status: ReplicaStatus, offered: Int64) -> Replica.Rejection? {
        guard status.state == "rejected" else { return nil }
        return Replica.Rejection(version: offered, errors: status.error)
    }

    private mutating func update(_ id: String, at now: Moment, _ change: (inout Replica) -> Void) {
        if self.replicas[id] == nil { self.forgetOld(at: now) }
        var replica = self.replicas[id] ?? Replica(id: id, lastSeen: now)
        replica.lastSeen = now
        change(&replica)
        self.replicas[id] = replica
    }

    private mutating func forgetOld(at now: Moment) {
        self.replicas = self.replicas.filter { now.uptime - $0.value.lastSeen.uptime < Self.memory }
        guard self.replicas.count >= Self.capacity else { return }
        let oldest = self.replicas.values.min { $0.lastSeen.uptime < $1.lastSeen.uptime }
        if let oldest { self.replicas[oldest.id] = nil }
    }
}
