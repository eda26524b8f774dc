import ArgumentParser
import ControlClient
import GatewayModel

/// `sluice rollback`: a new version with the content of an old one.
struct Rollback: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a new version with the content of an old one.",
        discussion: """
            Everything goes back, also what other sets and teams have changed since: look with --dry-run first. An operator whose \
            token has a selector is refused (exit code 4) when that touches what is not theirs. To take back one set alone, \
            apply its older files.

            Examples:
              sluice rollback 12 --wait 60s --message "checkout is broken"
              sluice rollback 12 --dry-run
            """)

    @Argument(help: "The version to go back to: its number.") var version: VersionArgument

    @Option(help: ArgumentHelp("Why; kept with the version.", valueName: "text"))
    var message: String?

    @OptionGroup var write: WriteOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plane = try ControlPlane(self.connection)
        var query = self.write.query
        query.add("message", self.message)
        var request = ClientRequest(.post, "/v1/versions/\(self.version.text)/rollback\(query.text)")
        request.timeoutMilliseconds = 120_000
        let answer = try plane.call(request)
        let changes = answer.body.list("changes")
        try Write(options: self.write, format: self.format.output).show(
            answer, plane, people: self.summary(answer.body, changes), name: ChangeText.names(changes))
    }

    private func summary(_ body: JSON, _ changes: [JSON]) -> String {
        let done = ChangeText.done(changes)
        let of = (body["rollbackOf"]).shown
        if self.write.dryRun { return (done + ["version \(of) would be back"]).joined(separator: "\n") }
        let version = body["version"].shown
        let sum =
            done.isEmpty
            ? "version \(version) has the content of version \(of) already"
            : "version \(version) is as version \(of) was"
        return (done + [sum]).joined(separator: "\n")
    }
}
