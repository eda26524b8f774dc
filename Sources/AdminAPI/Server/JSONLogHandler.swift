import Foundation
import GatewayModel
package import Logging

/// Writes each log entry as one line of JSON to standard error, and keeps the last ones in a ring.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    /// In bytes: what somebody else wrote may be in a text.
    private static let longest = 4096
    private let label: String
    private let ring: LogRing

    package init(label: String, ring: LogRing) {
        self.label = label
        self.ring = ring
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: JSONObject = [
            "time": .string(Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))),
            "level": .string(event.level.rawValue), "logger": .string(self.label),
            "message": .string(event.message.description.cut(to: Self.longest)),
        ]
        let metadata = self.metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) where line[name] == nil {
            line[name] = .string(value.description.cut(to: Self.longest))
        }
        self.ring.append(line, level: event.level)
        // A log that cannot be written (the disk is full) must not end the process.
        try? FileHandle.standardError.write(contentsOf: Data(JSON.object(line).encoded() + [0x0A]))
    }
}
