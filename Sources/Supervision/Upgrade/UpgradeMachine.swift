/// How a replica changes its binary: a successor is started on the sockets of this one, and takes over once it serves.
///
/// ```
///            request                     install over             ready
///   serving ─────────▶ awaitingInstall ───────────────▶ starting ───────▶ handedOver (hand over, then drain)
///      ▲  │                 │                           ▲   │
///      │  └───── request ───┼───────────────────────────┘   │ ended, late: give up
///      └────────────────────┴───────────────────────────────┘ stopped: abandon
/// ```
///
/// Whatever goes wrong before `ready` costs the successor alone: this replica serves on.
struct UpgradeMachine {
    enum Action: Equatable {
        case wait
        /// Start the successor and hand it everything; then nothing, or `ended` when that fails.
        case start
        case ignore(Refusal)
        /// Kill the successor, count the failure, serve on.
        case giveUp(reason: String)
        /// Kill the successor: this replica ends, and nobody takes its place.
        case abandon
        /// Leave the admin port and the state folder to the successor, and drain.
        case handOver
    }

    /// Why a request is not followed.
    enum Refusal: String {
        case isUnderWay = "an upgrade is under way"
        case isEnding = "the replica is ending"
        case isProcessOne = "this is process 1, and the container would end with it: replace the container instead"
        case isNotInCharge = "the process that started this one has not handed over yet"
    }

    private enum State {
        case serving
        case awaitingInstall
        case starting(until: Instant)
        case handedOver
    }

    let timeoutMilliseconds: UInt64
    /// Whether the replica can go on without this process: not when it is process 1, with which everything ends.
    private let canLeave: Bool
    private var state = State.serving

    init(timeoutMilliseconds: UInt64, canLeave: Bool = true) {
        self.timeoutMilliseconds = timeoutMilliseconds
        self.canLeave = canLeave
    }

    /// Whether a successor starts: what it was handed must not change.
    var isStarting: Bool { if case .starting = self.state { true } else { false } }

    /// Whether no new version is to be begun.
    var holdsInstalls: Bool { if case .serving = self.state { false } else { true } }

    var isHandedOver: Bool { if case .handedOver = self.state { true } else { false } }

    var deadline: Instant? { if case .starting(let until) = self.state { until } else { nil } }

    /// SIGUSR2.
    mutating func request(isInstalling: Bool, isEnding: Bool, isInCharge: Bool, at now: Instant) -> Action {
        switch self.state {
        case .serving where !self.canLeave: return .ignore(.isProcessOne)
        case .serving where !isInCharge: return .ignore(.isNotInCharge)
        case .serving where isEnding: return .ignore(.isEnding)
        case .serving where isInstalling:
            self.state = .awaitingInstall
            return .wait
        case .serving: return self.start(at: now)
        case .awaitingInstall, .starting: return .ignore(.isUnderWay)
        case .handedOver: return .ignore(.isEnding)
        }
    }

    /// What is served and the open sockets belong together.
    mutating func installIsOver(at now: Instant) -> Action {
        guard case .awaitingInstall = self.state else { return .wait }
        return self.start(at: now)
    }

    /// The successor serves with all its workers.
    mutating func ready() -> Action {
        guard case .starting = self.state else { return .wait }
        self.state = .handedOver
        return .handOver
    }

    /// The successor is gone, or never came.
    mutating func ended(_ reason: String) -> Action {
        guard case .starting = self.state else { return .wait }
        self.state = .serving
        return .giveUp(reason: reason)
    }

    /// This replica is told to end.
    mutating func stopped() -> Action {
        switch self.state {
        case .awaitingInstall:
            self.state = .serving
            return .wait
        case .starting:
            self.state = .serving
            return .abandon
        case .serving, .handedOver: return .wait
        }
    }

    mutating func tick(at now: Instant) -> Action {
        guard case .starting(let until) = self.state, now >= until else { return .wait }
        return self.ended("it did not serve within \(self.timeoutMilliseconds) ms")
    }

    private mutating func start(at now: Instant) -> Action {
        self.state = .starting(until: now.advanced(by: self.timeoutMilliseconds))
        return .start
    }
}
