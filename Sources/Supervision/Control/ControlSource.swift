import ControlClient
import ControlProtocol
import DataPlane
import GatewayModel

/// A control plane as the source of configuration, with the last good snapshot on disk for when it is away.
final class ControlSource {
    static let reportIntervalMilliseconds: UInt64 = 10_000

    let log: Log
    let settings: SupervisorSettings
    let link: ControlLink
    let file: SnapshotFile
    let keeper: SnapshotKeeper
    /// Held for as long as the process lives, so that no second replica uses the folder.
    let lock: StateLock
    let startedAt = Instant.now()

    var policy: PollPolicy
    /// Whether this process may write to the folder: not before its predecessor has handed over, and not after it has
    /// handed over itself.
    var ownsFolder: Bool
    /// A successor speaks with the control plane.
    var isRetired = false
    /// Whether a question is on its way or its answer is being installed.
    private var isAsking = false
    /// Whether the snapshot from disk is being installed for the first time; the control plane is asked after that.
    private var waitsForDisk = false
    var isConnected = false
    /// Snapshots that were refused before anybody looked into them: on disk and on their way.
    var damagedSnapshots = 0
    var state = "starting"
    var errors: [RejectedResource] = []
    private var again: (update: PendingUpdate, due: Instant)?
    private var lastReport: Instant?
    var lastFailure: String?
    private var lastTraffic: ReplicaStatus.Traffic?
    /// What reports say of endpoints.
    var health: [UpstreamHealth] = []
    /// What reports say of firewalls.
    var firewalls = FirewallReports(startedAt: Int64(clamping: wallMilliseconds()))

    init(
        _ client: ClientSettings, _ token: TokenFile, state: String, adoptsIdentity: Bool, settings: SupervisorSettings,
        inherited: Inheritance?, log: Log, wakeUp: WakeUp
    ) throws(StartFailure) {
        self.log = log
        self.settings = settings
        self.file = SnapshotFile(folder: state, token: client.token ?? "")
        self.ownsFolder = inherited == nil
        self.policy = PollPolicy(served: nil, adoptsIdentity: adoptsIdentity)
        do throws(SystemError) {
            self.lock = try StateLock(folder: state, inherited: inherited?.lock)
            self.link = try ControlLink(client, token, replica: settings.replica, wakeUp: wakeUp)
            self.keeper = try SnapshotKeeper(self.file, log: log)
        } catch {
            throw StartFailure(sentences: [error.message])
        }
    }

    /// Reads the disk. The control plane is asked when what was found there is served, or when there is nothing.
    func start() -> PendingUpdate? {
        do throws(SystemError) {
            try self.link.start()
        } catch {
            self.log.error("the control plane cannot be polled", ["error": .string(error.message)])
        }
        do throws(SnapshotFile.Fault) {
            let update = try self.file.read()
            self.log.info("last good snapshot found on disk", ["version": .integer(update.version)])
            self.waitsForDisk = true
            return PendingUpdate(update: update, bytes: nil, origin: .disk)
        } catch {
            self.reportUnusable(error)
            return nil
        }
    }

    private func reportUnusable(_ fault: SnapshotFile.Fault) {
        guard case .damaged(let reason) = fault else { return }
        self.damagedSnapshots += 1
        self.log.error("snapshot on disk refused, it is kept aside", ["reason": .string(reason)])
        do throws(SystemError) {
            try self.file.keepAside()
        } catch {
            self.log.error("the damaged snapshot could not be kept aside", ["error": .string(error.message)])
        }
    }

    func takeOffers(at now: Instant) -> [PendingUpdate] {
        let events = self.link.takeEvents()
        return self.isRetired ? [] : events.compactMap { self.take($0, at: now) }
    }

    func installed(_ content: SnapshotContent, from origin: PendingUpdate.Origin, at now: Instant) {
        let served = PollPolicy.Served(
            version: content.version, digest: content.digest, identity: content.identity)
        if origin == .disk {
            self.policy.restored(served)
        } else {
            self.policy.installed(served)
            if self.ownsFolder { self.keeper.keep(content) }
        }
        self.waitsForDisk = false
        if origin == .control || !self.isAsking { self.ask(at: now) }
        // The question acknowledges; a report is due only when the state is news.
        guard self.state != "applied" else { return }
        (self.state, self.errors) = ("applied", [])
        self.report(nil)
    }

    func rejected(_ refused: PendingUpdate, _ refusal: InstallMachine.Refusal, at now: Instant) {
        self.state = "rejected"
        self.errors = refusal.reasons.map(RejectedResource.init(reason:))
        self.report(nil)
        self.waitsForDisk = false
        switch refused.origin {
        case .control:
            self.policy.rejected(version: refused.update.version, isRetryable: refusal.isRetryable, at: now)
            self.isAsking = false
        case .disk where refusal.isRetryable: self.again = (refused, now.advanced(by: PollPolicy.firstRetry))
        case .disk, .file: break
        }
    }

    func doesNotFit(_ update: PendingUpdate, at now: Instant) {
        self.policy.requireFull()
        self.waitsForDisk = false
        if update.origin == .control { self.pause(at: now) }
    }

    /// Asks when the time for it has come.
    ///
    /// - Returns: the snapshot from disk once more, while nothing is served and what stood in its way may have gone.
    func tick(at now: Instant) -> PendingUpdate? {
        if self.isFree, now >= self.policy.notBefore ?? now { self.ask(at: now) }
        if !self.isRetired, self.firewalls.isDue(at: now) {
            self.firewalls.reported(at: now)
            self.report(nil)
        }
        guard let again, now >= again.due else { return nil }
        self.again = nil
        return self.policy.served == nil ? again.update : nil
    }

    var deadline: Instant? {
        [
            self.isFree ? self.policy.notBefore : nil, self.again?.due, self.isRetired ? nil : self.firewalls.due,
        ].compactMap(\.self).min()
    }

    func isReportDue(at now: Instant) -> Bool {
        guard !self.isRetired else { return false }
        guard let lastReport else {
            self.lastReport = now
            return false
        }
        guard now.milliseconds(since: lastReport) >= Self.reportIntervalMilliseconds else { return false }
        self.lastReport = now
        return true
    }

    /// - Parameter traffic: `nil` repeats what was said last.
    func report(_ traffic: ReplicaStatus.Traffic?) {
        self.lastTraffic = traffic ?? self.lastTraffic
        self.link.report(self.status)
    }

    func stop(_ content: SnapshotContent?) {
        self.link.stop()
        if let content, self.ownsFolder { self.keeper.keepNow(content) }
    }

    func ask(at now: Instant) {
        self.isAsking = true
        self.link.ask(self.policy.question(at: now))
    }

    /// Nothing usable came: the next question waits.
    func pause(at now: Instant) {
        self.policy.failed(at: now, jitter: Double.random(in: 0..<1))
        self.isAsking = false
    }

    private var isFree: Bool { !self.isAsking && !self.waitsForDisk && !self.isRetired }

    private var status: ReplicaStatus {
        ReplicaStatus(
            replica: self.settings.replica, host: self.settings.host, version: self.policy.served?.version ?? 0,
            digest: self.policy.served?.digest ?? "", identity: self.policy.served?.identity ?? "", state: self.state,
            error: self.errors, uptimeSeconds: Instant.now().milliseconds(since: self.startedAt) / 1000,
            traffic: self.lastTraffic ?? ReplicaStatus.Traffic(requests: 0, activeRequests: 0, responses5xx: 0),
            upstreams: self.health, firewall: self.firewalls.report)
    }
}

extension RejectedResource {
    fileprivate init(reason: RejectedReason) {
        let kind = reason.kind.flatMap(ResourceKind.init(rawValue:))
        let key = kind.flatMap { kind in reason.name.map { ResourceKey(kind: kind, name: $0) } }
        self.init(key: key, message: reason.message)
    }
}
