import ControlProtocol
import GatewayModel

/// What is known about one worker replica.
struct Replica: Sendable {
    /// How a replica stands towards the latest version; computed when it is read.
    enum State: String, Sendable, CaseIterable {
        case applied, pending, rejected, stale, ahead, starting
    }

    let id: String
    var host: String?
    var version: Int64?
    var digest: String?
    var identity: String?
    /// When it last polled or reported.
    var lastSeen: Moment
    /// The version of the last snapshot that it was given: the one that a rejection is about.
    var offered: Int64?
    var rejection: Rejection?
    var uptimeSeconds: Int64?
    var traffic: ReplicaStatus.Traffic?
    /// What it says of endpoints, by upstream.
    var health: [String: [UpstreamHealth.Endpoint]] = [:]

    /// A version that the replica refused, and why.
    struct Rejection: Sendable {
        let version: Int64
        let errors: [RejectedResource]
    }

    init(id: String, lastSeen: Moment) {
        self.id = id
        self.lastSeen = lastSeen
    }

    /// Whether the replica counts: it was heard of within the last 30 s.
    func isLive(at now: Moment) -> Bool { now.uptime - self.lastSeen.uptime <= 30_000 }

    /// Whether the replica serves exactly what control knows as the version that it names.
    func serves(_ truth: VersionTruth) -> Bool {
        guard let version, let digest, version <= truth.latest, self.identity ?? truth.identity == truth.identity else {
            return false
        }
        return truth.digest(version) == digest
    }

    func state(against truth: VersionTruth, at now: Moment) -> State {
        guard self.isLive(at: now) else { return .stale }
        guard let version, version > 0 else { return self.rejection == nil ? .starting : .rejected }
        // Numbers of another control plane's versions say nothing here.
        if self.identity ?? truth.identity != truth.identity { return self.rejection == nil ? .pending : .rejected }
        if version > truth.latest { return .ahead }
        if version == truth.latest, self.serves(truth) { return .applied }
        if let rejection, rejection.version > version { return .rejected }
        return .pending
    }

    /// How it stands towards a version that need not be the latest: one that serves a later one has applied this one.
    func state(towards target: Int64, _ truth: VersionTruth, at now: Moment) -> State {
        let state = self.state(against: truth, at: now)
        if state != .stale, self.serves(truth), (self.version ?? 0) >= target { return .applied }
        return state == .rejected && self.rejection(of: target) == nil ? .pending : state
    }

    /// A refusal of an older version says nothing about one that came after it.
    func rejection(of target: Int64) -> Rejection? { self.rejection.flatMap { $0.version >= target ? $0 : nil } }
}

/// What control holds true about versions, to compare replicas with.
struct VersionTruth {
    let identity: String
    let latest: Int64
    let log: ChangeLog

    /// `nil` for versions too old to be remembered.
    func digest(_ version: Int64) -> String? { self.log.digest(of: version) }
}
