import ArgumentParser
import GatewayModel

/// A duration as people write it: `250ms`, `60s`, `1h30m`.
struct Wait: ExpressibleByArgument {
    let text: String
    let milliseconds: Int

    init(seconds: Int) {
        self.text = "\(seconds)s"
        self.milliseconds = seconds * 1_000
    }

    init?(argument: String) {
        guard let duration = parseMilliseconds(argument) else { return nil }
        self.text = argument
        self.milliseconds = Int(clamping: duration)
    }

    var defaultValueDescription: String { self.text }
}
