import GatewayModel

/// A line of a log for people: time, level, message, then what else it says.
enum LogText {
    static func line(_ entry: JSON) -> String {
        let level = entry["level"]?.stringValue ?? "info"
        let head =
            "\(entry["time"].shown)  \(Terminal.styled(Self.padded(level), Self.style(level)))  \(entry["message"].shown)"
        let known: Set = ["sequence", "time", "level", "message"]
        let others = (entry.objectValue?.members ?? []).filter { !known.contains($0.name) }
        return ([head] + others.map { Terminal.styled("\($0.name)=\($0.value.shown)", .faint) }).joined(separator: "  ")
    }

    private static func padded(_ level: String) -> String {
        level + String(repeating: " ", count: max(0, 8 - level.count))
    }

    private static func style(_ level: String) -> Style? {
        switch level {
        case "error", "critical": .bad
        case "warning": .doubtful
        case "trace", "debug": .faint
        default: nil
        }
    }
}
