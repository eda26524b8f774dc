import ArgumentParser
import GatewayModel
import Storage

/// How much of history can be brought back.
struct RetentionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Of how many versions the content is kept.", valueName: "n"))
    var keepVersions = 1_000

    @Option(
        help: ArgumentHelp("Younger versions are kept all the same: 30d, 12h.", valueName: "duration"),
        transform: Self.duration)
    var keepHistory = KeptTime(text: "30d", milliseconds: 30 * 24 * 3_600_000)

    var retention: Retention { Retention(versions: self.keepVersions, milliseconds: self.keepHistory.milliseconds) }

    func validate() throws {
        guard self.keepVersions >= 1 else { throw ValidationError("--keep-versions must be at least 1.") }
    }

    private static func duration(_ text: String) throws -> KeptTime {
        guard let milliseconds = parseLongDuration(text) else {
            throw ValidationError("\(text) is no duration such as 30d or 12h.")
        }
        return KeptTime(text: text, milliseconds: Int64(clamping: milliseconds))
    }
}

/// As it was said, for the help.
struct KeptTime: Sendable, CustomStringConvertible {
    let text: String
    let milliseconds: Int64

    var description: String { self.text }
}
