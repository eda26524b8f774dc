import DataPlane

/// Two-phase install of one version: every worker prepares it, then all commit it, or none does.
///
/// ```
///          begin                 all prepared              opened                  all committed
///   idle ────────▶ preparing ─────────────────▶ opening ───────────▶ committing ─────────────────▶ idle (finish)
///     rejected, lost:  │ all have answered         │ refused             │ lost: one fewer to wait for
///     noted            └───────────▶ idle (abort) ◀┘                     │
/// ```
///
/// Before the commit a lost worker counts as a refusal, because the version itself may have killed it. After it there is
/// no way back: a worker that dies then starts again with the version that the others serve. Who is late, either way, is
/// replaced, which counts as lost. An abort waits for every answer, so that no worker is still at work on what is aborted.
struct InstallMachine {
    static let timeoutMilliseconds: UInt64 = 30_000

    enum Action: Equatable {
        case wait
        /// Open the sockets, hand them out and send `commit`; then say `opened` or `refused`.
        case commit(version: Int64, workers: Set<Int>)
        case abort(version: Int64, workers: Set<Int>, refusal: Refusal)
        /// All workers serve it.
        case finish(version: Int64)
        /// Kill these: they said neither yes nor no in time.
        case replace(workers: Set<Int>)
    }

    struct Refusal: Equatable {
        let reasons: [RejectedReason]
        /// Nobody judged the content: trying again may help.
        let isRetryable: Bool
    }

    private struct Round: Equatable {
        let version: Int64
        let deadline: Instant
        var workers: Set<Int>
        var waiting: Set<Int>
        var refusal: Refusal?
    }

    private enum State {
        case idle
        case preparing(Round)
        case opening(Round)
        case committing(Round)
    }

    private var state = State.idle

    var isIdle: Bool { if case .idle = self.state { true } else { false } }

    /// When `tick` has something to say, if nothing else happens.
    var deadline: Instant? {
        switch self.state {
        case .idle: nil
        case .preparing(let round), .opening(let round), .committing(let round): round.deadline
        }
    }

    /// The runner has sent `prepare` to all of them. Ignored while a round runs or with nobody to wait for.
    mutating func begin(version: Int64, workers: Set<Int>, at now: Instant) {
        guard self.isIdle, !workers.isEmpty else { return }
        let deadline = now.advanced(by: Self.timeoutMilliseconds)
        self.state = .preparing(Round(version: version, deadline: deadline, workers: workers, waiting: workers))
    }

    mutating func prepared(worker: Int, version: Int64) -> Action {
        guard case .preparing(let round) = self.state, round.version == version else { return .wait }
        return self.settlePreparation(of: worker, in: round)
    }

    mutating func rejected(worker: Int, version: Int64, reasons: [RejectedReason]) -> Action {
        guard case .preparing(var round) = self.state, round.version == version else { return .wait }
        round.refusal = round.refusal ?? Refusal(reasons: reasons, isRetryable: false)
        return self.settlePreparation(of: worker, in: round)
    }

    /// The sockets are open and `commit` is sent. The wait begins anew.
    mutating func opened(at now: Instant) -> Action {
        guard case .opening(let round) = self.state else { return .wait }
        guard !round.workers.isEmpty else { return self.finish(round) }
        let deadline = now.advanced(by: Self.timeoutMilliseconds)
        self.state = .committing(
            Round(version: round.version, deadline: deadline, workers: round.workers, waiting: round.workers))
        return .wait
    }

    /// The version cannot be put in force: a socket could not be opened.
    mutating func refused(reasons: [RejectedReason]) -> Action {
        guard case .opening(let round) = self.state else { return .wait }
        return self.abort(round, Refusal(reasons: reasons, isRetryable: true))
    }

    mutating func committed(worker: Int, version: Int64) -> Action {
        guard case .committing(let round) = self.state, round.version == version else { return .wait }
        return self.settleCommit(of: worker, in: round)
    }

    /// The worker's process is gone.
    mutating func lost(worker: Int) -> Action {
        switch self.state {
        case .preparing(var round) where round.workers.contains(worker):
            round.workers.remove(worker)
            round.refusal = round.refusal ?? .died
            return self.settlePreparation(of: worker, in: round)
        case .opening(var round):
            round.workers.remove(worker)
            self.state = .opening(round)
            return .wait
        case .committing(var round) where round.workers.contains(worker):
            round.workers.remove(worker)
            return self.settleCommit(of: worker, in: round)
        case .idle, .preparing, .committing: return .wait
        }
    }

    mutating func tick(at now: Instant) -> Action {
        switch self.state {
        case .preparing(var round) where now >= round.deadline:
            round.refusal = round.refusal ?? .late
            self.state = .preparing(round)
            return .replace(workers: round.waiting)
        case .committing(let round) where now >= round.deadline: return .replace(workers: round.waiting)
        case .idle, .preparing, .opening, .committing: return .wait
        }
    }

    private mutating func settlePreparation(of worker: Int, in round: Round) -> Action {
        var round = round
        round.waiting.remove(worker)
        guard round.waiting.isEmpty else {
            self.state = .preparing(round)
            return .wait
        }
        if let refusal = round.refusal { return self.abort(round, refusal) }
        self.state = .opening(round)
        return .commit(version: round.version, workers: round.workers)
    }

    private mutating func settleCommit(of worker: Int, in round: Round) -> Action {
        var round = round
        round.waiting.remove(worker)
        guard round.waiting.isEmpty else {
            self.state = .committing(round)
            return .wait
        }
        return self.finish(round)
    }

    private mutating func finish(_ round: Round) -> Action {
        self.state = .idle
        return .finish(version: round.version)
    }

    private mutating func abort(_ round: Round, _ refusal: Refusal) -> Action {
        self.state = .idle
        return .abort(version: round.version, workers: round.workers, refusal: refusal)
    }
}

extension InstallMachine.Refusal {
    fileprivate static let died = Self(
        reasons: [
            RejectedReason(kind: nil, name: nil, message: "a worker process died while it prepared this version")
        ],
        isRetryable: true)
    fileprivate static let late = Self(
        reasons: [
            RejectedReason(kind: nil, name: nil, message: "a worker process did not prepare this version in time")
        ],
        isRetryable: true)
}
