import Foundation

/// Where people read: stdout for what was asked, stderr for what went wrong.
enum Terminal {
    static func complain(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    static func show(_ text: String) {
        FileHandle.standardOutput.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }

    /// Bold, when stdout is a terminal and nobody said NO_COLOR (no-color.org).
    static func heading(_ text: String) -> String {
        guard isatty(STDOUT_FILENO) == 1, !Environment.current.noColor else { return text }
        return "\u{1B}[1m\(text)\u{1B}[0m"
    }
}
