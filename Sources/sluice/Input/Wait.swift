import ArgumentParser
import GatewayModel

/// `--wait 60s`: how long a rollout may take.
struct Wait: ExpressibleByArgument {
    let text: String
    let milliseconds: Int

    init?(argument: String) {
        guard let duration = Milliseconds(parsing: argument), duration.count <= 3_600_000 else { return nil }
        self.text = argument
        self.milliseconds = Int(duration.count)
    }

    /// For the query of a write.
    var query: [String] { ["wait=applied", "timeout=\(self.text)"] }
}
