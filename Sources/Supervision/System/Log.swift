import GatewayModel
import Glibc

/// The supervisor's log: one JSON object per line on stderr, a constant message with metadata.
struct Log: Sendable {
    enum Level: String, Sendable { case info, warning, error }

    /// Members that every line carries.
    let replica: String

    func info(_ message: StaticString, _ metadata: JSONObject = [:]) { self.write(.info, message, metadata) }
    func warning(_ message: StaticString, _ metadata: JSONObject = [:]) { self.write(.warning, message, metadata) }
    func error(_ message: StaticString, _ metadata: JSONObject = [:]) { self.write(.error, message, metadata) }

    private func write(_ level: Level, _ message: StaticString, _ metadata: JSONObject) {
        var line: JSONObject = [
            "time": .string(timestamp()), "level": .string(level.rawValue), "message": .string("\(message)"),
            "replica": .string(self.replica),
        ]
        for (name, value) in metadata.members { line[name] = value }
        let bytes = JSON.object(line).encoded() + [UInt8(ascii: "\n")]
        // A log that cannot be written has nowhere to be reported.
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
