import ControlProtocol
import GatewayModel
import Glibc

/// Where versions come from, and who is told what became of them: a control plane or a file.
enum ConfigurationSource {
    case control(ControlSource)
    case file(FileSource)

    /// Checks all that can be checked before a port is bound.
    init(
        _ settings: SupervisorSettings, inherited: Inheritance?, log: Log, wakeUp: WakeUp
    ) throws(StartFailure) {
        switch settings.source {
        case .control(let client, let token, let state, let adoptsIdentity):
            self = .control(
                try ControlSource(
                    client, token, state: state, adoptsIdentity: adoptsIdentity, settings: settings,
                    inherited: inherited, log: log, wakeUp: wakeUp))
        case .file(let path):
            if let lock = inherited?.lock { close(lock) }
            self = .file(try FileSource(path, identity: inherited?.identity, log: log))
        }
    }

    /// Where it is this replica that named the configuration's history.
    var ownIdentity: String? { if case .file(let source) = self { source.identity } else { nil } }

    /// What there is to serve before anybody was asked.
    func start() -> PendingUpdate? {
        switch self {
        case .control(let source): source.start()
        case .file(let source): source.start()
        }
    }

    func takeOffers(at now: Instant) -> [PendingUpdate] {
        if case .control(let source) = self { source.takeOffers(at: now) } else { [] }
    }

    /// SIGHUP. `nil` when there is nothing new, or nothing that can be served.
    func reload(from served: SnapshotContent?) -> PendingUpdate? {
        switch self {
        case .control(let source):
            source.log.info("SIGHUP is ignored: the configuration comes from the control plane")
            return nil
        case .file(let source): return source.reload(from: served)
        }
    }

    func installed(_ content: SnapshotContent, from origin: PendingUpdate.Origin, at now: Instant) {
        switch self {
        case .control(let source): source.installed(content, from: origin, at: now)
        case .file(let source): source.installed()
        }
    }

    func rejected(_ refused: PendingUpdate, _ refusal: InstallMachine.Refusal, at now: Instant) {
        if case .control(let source) = self { source.rejected(refused, refusal, at: now) }
    }

    /// The update does not continue what is served, or its digest is wrong.
    func doesNotFit(_ update: PendingUpdate, at now: Instant) {
        if case .control(let source) = self { source.doesNotFit(update, at: now) }
    }

    /// What is to be tried again.
    func tick(at now: Instant) -> PendingUpdate? {
        switch self {
        case .control(let source): return source.tick(at: now)
        case .file(let source):
            source.tick()
            return nil
        }
    }

    var deadline: Instant? {
        if case .control(let source) = self { source.deadline } else { nil }
    }

    func isReportDue(at now: Instant) -> Bool {
        if case .control(let source) = self { source.isReportDue(at: now) } else { false }
    }

    func report(_ traffic: ReplicaStatus.Traffic) {
        if case .control(let source) = self { source.report(traffic) }
    }

    /// Reports at once what was found out about endpoints.
    func report(_ health: [UpstreamHealth]) {
        guard case .control(let source) = self, !source.isRetired else { return }
        source.health = health
        source.report(nil)
    }

    /// A firewall of a worker process found something.
    func take(_ event: JSONObject, dropped: Int64, at now: Instant) {
        if case .control(let source) = self { source.take(event, dropped: dropped, at: now) }
    }

    var damagedSnapshots: Int {
        if case .control(let source) = self { source.damagedSnapshots } else { 0 }
    }

    /// Whether the control plane answered the last call; `nil` without one.
    var isConnected: Bool? {
        if case .control(let source) = self { source.isConnected } else { nil }
    }

    /// The state folder's lock, to be handed on.
    var lock: Int32? { if case .control(let source) = self { source.lock.descriptor } else { nil } }

    /// What is served is where a successor looks for it.
    func flush(_ content: SnapshotContent?) {
        if case .control(let source) = self, let content { source.flush(content) }
    }

    /// A successor has taken over.
    func retire() { if case .control(let source) = self { source.retire() } }

    /// The predecessor has handed over.
    func takeCharge(_ content: SnapshotContent?) {
        if case .control(let source) = self { source.takeCharge(content) }
    }

    /// The end of the process: what is served is written down.
    func stop(_ content: SnapshotContent?) {
        if case .control(let source) = self { source.stop(content) }
    }
}
