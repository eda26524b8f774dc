import ArgumentParser
import GatewayModel

/// `sluice versions`: what the configuration was.
struct Versions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the versions of the configuration, one of them, or how two differ.",
        discussion: """
            Examples:
              sluice versions -n 5
              sluice versions 12 -o yaml
              sluice versions diff 12 latest

            `sluice versions show --help` has the options of the first two.
            """,
        subcommands: [VersionsShow.self, VersionsDiff.self], defaultSubcommand: VersionsShow.self)
}

/// `sluice versions [N]`: the latest ones, or one.
struct VersionsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows the latest versions, or one of them (the default).")

    @Argument(help: "A number, or latest; without it the latest ones are listed.") var version: VersionArgument?

    @Option(
        name: [.customShort("n"), .long], help: ArgumentHelp("How many to list.", valueName: "count"))
    var limit = 20

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard self.limit > 0 else { throw ValidationError("--limit needs a number from 1 on") }
    }

    func run() throws {
        let plane = try ControlPlane(self.connection)
        if let version {
            let document = try plane.get("/v1/versions/\(version.text)")
            View.versions.show([document], whole: document, self.format.output)
        } else {
            View.versions.show(try plane.items("/v1/versions", limit: self.limit), self.format.output)
        }
    }
}

extension View {
    static let versions = View([
        Column("VERSION", "number"), Column("TIME", "createdAt"), Column("AUTHOR", "author"),
        Column("RESOURCES") { version in
            let counts = version["counts"]?.objectValue?.members.compactMap(\.value.integerValue) ?? []
            return Cell(String(counts.reduce(0, &+)))
        },
        Column("MESSAGE") { version in
            guard let old = version["rollbackOf"]?.integerValue else { return Cell(version["message"]) }
            return Cell(version["message"]?.stringValue.map { "\($0) (as \(old))" } ?? "rollback to \(old)")
        },
    ]) { $0["number"].shown }
}

/// `sluice versions diff A B`.
struct VersionsDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Shows how a version differs from another; exit code 2 when it does.",
        discussion: """
            Examples:
              sluice versions diff 12 15
              sluice versions diff 12 latest -o name
            """)

    @Argument(help: "The version to begin with.") var from: VersionArgument
    @Argument(help: "The version to compare it with.") var to: VersionArgument

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let answer = try ControlPlane(self.connection).get("/v1/versions/\(self.from.text)/diff/\(self.to.text)")
        let changes = answer.list("changes")
        let lines = ChangeText.differences(changes)
        Document.show(
            answer, self.format.output,
            people: lines.isEmpty ? "nothing differs" : lines.joined(separator: "\n"),
            name: ChangeText.names(changes))
        if !lines.isEmpty { throw CommandFailure(.differs, []) }
    }
}
