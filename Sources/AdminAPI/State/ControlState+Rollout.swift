import ControlProtocol
import GatewayModel
import Storage

/// A call that waits until every live replica serves a version.
struct WaitingRollout {
    let version: Int64
    let answer: CheckedContinuation<[Laggard], Never>
    let timer: Task<Void, Never>
}

/// A live replica that does not serve a version yet.
struct Laggard: Sendable {
    let id: String
    let state: Replica.State
    /// Why the replica refused the version, when it did.
    let error: String?
}

extension ControlState {
    /// A replica asks again at the latest five seconds after it lost its control plane.
    static var hearingTime: Int64 { 6_000 }

    /// Whether this control plane was started a moment ago: nobody knows yet which replicas there are, nor that a version is
    /// served by all of them.
    var isHearing: Bool { self.now().uptime < self.hearingEnd }

    /// Waits until every live replica serves `version` or a later one.
    ///
    /// It ends early when all that is left are replicas that have refused: waiting longer would change nothing.
    ///
    /// - Returns: the replicas that do not serve it; empty when all do, and when there is none. Who asks while `isHearing`
    ///   may not know of all.
    func waitUntilApplied(_ version: Int64, timeout: Duration) async -> [Laggard] {
        let timeout = await self.hear(within: timeout)
        let laggards = self.laggards(behind: version)
        if self.isStopping || Self.isSettled(laggards) { return laggards }
        let id = self.nextWaiter()
        return await withCheckedContinuation { answer in
            let timer = Task {
                try? await Task.sleep(for: timeout)
                self.endRollout(id)
            }
            self.rollouts[id] = WaitingRollout(version: version, answer: answer, timer: timer)
        }
    }

    /// - Returns: what is left of the time.
    private func hear(within time: Duration) async -> Duration {
        let pause = min(time, .milliseconds(self.hearingEnd - self.now().uptime))
        guard pause > .zero, !self.isStopping else { return time }
        try? await Task.sleep(for: pause)
        return time - pause
    }

    /// Looks again at every waiting call, after a replica was heard of.
    func checkRollouts() {
        if self.rollouts.isEmpty { return }
        let (truth, now) = (self.truth, self.now())
        for (id, rollout) in self.rollouts {
            // Every replica's poll comes here: it ends with the first that is waited for.
            let isWaitedFor = self.replicas.replicas.values.contains { replica in
                replica.lags(behind: rollout.version, truth, at: now)
                    && replica.state(towards: rollout.version, truth, at: now) != .rejected
            }
            if !isWaitedFor { self.endRollout(id) }
        }
    }

    func endRollout(_ id: Int) {
        guard let rollout = self.rollouts.removeValue(forKey: id) else { return }
        rollout.timer.cancel()
        rollout.answer.resume(returning: self.laggards(behind: rollout.version))
    }

    var truth: VersionTruth {
        VersionTruth(identity: self.identity, latest: self.latest.number, log: self.log)
    }

    private static func isSettled(_ laggards: [Laggard]) -> Bool {
        laggards.allSatisfy { $0.state == .rejected }
    }

    private func laggards(behind version: Int64) -> [Laggard] {
        let (truth, now) = (self.truth, self.now())
        return self.replicas.all.compactMap { replica in
            guard replica.lags(behind: version, truth, at: now) else { return nil }
            let state = replica.state(towards: version, truth, at: now)
            let errors = replica.rejection(of: version)?.errors.map(\.sentence).joined(separator: "; ")
            return Laggard(id: replica.id, state: state, error: errors)
        }
    }
}

extension Replica {
    /// Whether it is live and serves neither the version nor a later one.
    fileprivate func lags(behind version: Int64, _ truth: VersionTruth, at now: Moment) -> Bool {
        guard self.isLive(at: now) else { return false }
        guard let served = self.version, served >= version else { return true }
        return !self.serves(truth)
    }
}

extension RejectedResource {
    /// "certificate shop: the key cannot be read"
    fileprivate var sentence: String { self.key.map { "\($0): \(self.message)" } ?? self.message }
}
