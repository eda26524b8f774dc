import ArgumentParser
import ControlClient

/// `sluice backup`: the database as it is at this moment.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a consistent copy of the control plane's database; for admins.",
        discussion: """
            The control plane goes on meanwhile. Private keys in it stay encrypted: keep the control plane's secret key apart from \
            the backups. `sluice-control restore --data DIR --from FILE` brings it back.

            Example:
              sluice backup -o sluice-$(date +%F).sqlite
            """)

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("The file to write, whole or not at all; - for stdout.", valueName: "file"),
        completion: .file())
    var output: String

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plane = try ControlPlane(self.connection)
        try OutputFile.make(self.output, mode: 0o600) { descriptor throws(CommandFailure) in
            var request = ClientRequest(.get, "/v1/backup")
            request.timeoutMilliseconds = 3_600_000
            request.output = descriptor
            _ = try plane.call(request)
        }
        if self.output != "-" { Terminal.complain("the backup is in \(self.output)") }
    }
}
