import ControlClient
import Foundation
import GatewayModel

/// Waits for a rollout for as long as it takes: the server waits for two minutes at most, and is asked again.
struct RolloutWait {
    /// A number, or `latest`.
    let version: String
    /// How long one call waits; then the person is told how things are.
    private let slice = 5_000

    /// A control plane that is away for a while, as one that starts again, is asked on; what it said no to is a failure.
    ///
    /// - Parameter isStored: whether the version is known to be there, so that even the first call may go unanswered.
    /// - Returns: the last that was seen: complete, without hope, or out of time.
    func run(
        _ plane: borrowing ControlPlane, for wait: Wait, isStored: Bool = false
    ) throws(CommandFailure) -> Rollout {
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(wait.milliseconds)
        var isKnown = isStored
        var progress = Progress()
        defer { progress.end() }
        while true {
            let start = clock.now
            let left = max(0, (end - start).wholeMilliseconds)
            do throws(CommandFailure) {
                let rollout = try self.look(plane, waiting: min(self.slice, left))
                guard !rollout.isSettled, clock.now < end else { return rollout }
                isKnown = true
                progress.show("waiting: \(rollout.summary)")
            } catch {
                guard isKnown, error.isPassing else { throw error }
                guard clock.now < end else { throw self.unknown(error, isStored) }
                progress.show("waiting: \(error.lines.first ?? "no answer"); trying again")
            }
            self.pause(clock.now - start)
        }
    }

    private func unknown(_ failure: CommandFailure, _ isStored: Bool) -> CommandFailure {
        let stored = isStored ? "is stored; how far it is" : "may be served; how far it is"
        return CommandFailure(.rolloutUnfinished, failure.lines + ["version \(self.version) \(stored) is not known"])
    }

    func look(_ plane: borrowing ControlPlane, waiting milliseconds: Int) throws(CommandFailure) -> Rollout {
        var query = Query()
        if milliseconds > 0 { query.add("wait", "\(milliseconds)ms") }
        return Rollout(body: try plane.get("/v1/versions/\(self.version)/rollout", query))
    }

    /// An answer that came early is no reason to ask at once again.
    private func pause(_ taken: Duration) {
        let rest = 1_000 - taken.wholeMilliseconds
        if rest > 0 { Thread.sleep(forTimeInterval: Double(rest) / 1_000) }
    }
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int {
        Int(clamping: self.components.seconds) * 1_000
            + Int(clamping: self.components.attoseconds / 1_000_000_000_000_000)
    }
}
