import ArgumentParser
import GatewayModel

/// `--wait 60s`: how long a rollout may take; servers wait for two minutes at most.
struct Wait: ExpressibleByArgument {
    let text: String
    let milliseconds: Int

    init?(argument: String) {
        guard let duration = parseMilliseconds(argument), duration <= 120_000 else { return nil }
        self.text = argument
        self.milliseconds = Int(duration)
    }

    /// For the query of a write.
    var query: [String] { ["wait=applied", "timeout=\(self.text)"] }
}
