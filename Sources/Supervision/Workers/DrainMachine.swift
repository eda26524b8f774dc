/// How a replica ends: readiness fails, a pause for load balancers to notice, then the workers drain, then exit.
///
/// ```
///   running ──stop──▶ pausing (announce) ──delay over──▶ draining ──all gone──▶ done
///      │                 │ hurry                            ▲ │ hurry, or late
///      └──── retire ─────┼──────────────────────────────────┘ │
///                        └────────────────────────────────────┴───────────────▶ done (kill what is left)
/// ```
struct DrainMachine {
    /// What workers get beyond the drain time-out before they are killed.
    static let graceMilliseconds: UInt64 = 2_000

    enum Action: Equatable {
        case wait
        /// Tell the workers that the end is near; they serve on.
        case announce
        /// Close the listening sockets and tell the workers.
        case drain
        /// Kill what is left and exit.
        case exit
    }

    private enum State {
        case running
        case pausing(until: Instant)
        case draining(until: Instant)
        case done
    }

    let delayMilliseconds: UInt64
    let timeoutMilliseconds: UInt64
    private var state = State.running

    init(delayMilliseconds: UInt64, timeoutMilliseconds: UInt64) {
        self.delayMilliseconds = delayMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// Whether workers serve on and know that the end is near.
    var isPausing: Bool { if case .pausing = self.state { true } else { false } }

    var isRunning: Bool { if case .running = self.state { true } else { false } }

    /// Whether workers end, or have ended: none is started and nothing installed any more.
    var isDraining: Bool {
        switch self.state {
        case .running, .pausing: false
        case .draining, .done: true
        }
    }

    var deadline: Instant? {
        switch self.state {
        case .running, .done: nil
        case .pausing(let until), .draining(let until): until
        }
    }

    /// The first SIGTERM or SIGINT, or `POST /drain`; said again, it changes nothing.
    mutating func stop(at now: Instant) -> Action {
        switch self.state {
        case .running where self.delayMilliseconds > 0:
            self.state = .pausing(until: now.advanced(by: self.delayMilliseconds))
            return .announce
        case .running: return self.drain(at: now)
        case .pausing, .draining, .done: return .wait
        }
    }

    /// A successor serves on the same sockets: nobody has to notice anything first.
    mutating func retire(at now: Instant) -> Action {
        switch self.state {
        case .running, .pausing: return self.drain(at: now)
        case .draining, .done: return .wait
        }
    }

    /// The second signal: whoever sent it does not want to wait.
    mutating func hurry() -> Action {
        self.state = .done
        return .exit
    }

    /// The last worker process is gone.
    mutating func emptied() -> Action {
        guard case .draining = self.state else { return .wait }
        self.state = .done
        return .exit
    }

    mutating func tick(at now: Instant) -> Action {
        switch self.state {
        case .pausing(let until) where now >= until: return self.drain(at: now)
        case .draining(let until) where now >= until:
            self.state = .done
            return .exit
        case .running, .pausing, .draining, .done: return .wait
        }
    }

    private mutating func drain(at now: Instant) -> Action {
        let patience = self.timeoutMilliseconds.addingReportingOverflow(Self.graceMilliseconds).partialValue
        self.state = .draining(until: now.advanced(by: patience))
        return .drain
    }
}
