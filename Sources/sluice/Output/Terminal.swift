import Foundation

/// Where people read: stdout for what was asked, stderr for what went wrong.
enum Terminal {
    /// Whether a person looks at what goes to stdout, or to stderr.
    static let showsToPerson = isatty(STDOUT_FILENO) == 1
    static let complainsToPerson = isatty(STDERR_FILENO) == 1

    static func complain(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line.harmlessLines + "\n").utf8))
    }

    /// Replaces the line that the cursor of stderr is on.
    static func rewrite(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text.harmless)".utf8))
    }

    /// Nothing at all is shown of an empty text.
    static func show(_ text: String) {
        guard !text.isEmpty else { return }
        Self.write(text.hasSuffix("\n") ? text : text + "\n")
    }

    /// As it is. What nobody could read to its end is an error (exit code 1), not a success.
    static func write(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            Self.complain("what was asked for cannot be written: \(error.localizedDescription)")
            exit(ExitStatus.error.rawValue)
        }
    }

    /// Looks are for terminals, unless somebody said NO_COLOR (no-color.org).
    static func styled(_ text: String, _ style: Style?) -> String {
        guard let style, Self.showsToPerson, Environment.current.allowsColor else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }
}
