import ArgumentParser
import ControlClient
import Documents
import Foundation
import GatewayModel

/// `sluice logs`: what the control plane logged last.
struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the last lines of the control plane's log.",
        discussion: """
            Replicas log to where they run. With -o json each line is an object of its own.

            Examples:
              sluice logs -n 20 --level warning
              sluice logs -f -o json | jq .message
            """)

    @Flag(
        name: [.customShort("f"), .long],
        help: "Goes on with new lines until it is interrupted, also when the control plane starts again.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long], help: ArgumentHelp("How many of the last lines to show.", valueName: "count"))
    var lines = 100

    @Option(
        help: ArgumentHelp("Only lines of this level and above.", valueName: "level"),
        completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"]))
    var level: String?

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard self.lines > 0 else { throw ValidationError("-n needs a number from 1 on") }
    }

    func run() throws {
        let plane = try ControlPlane(self.connection)
        var query = self.query
        query.add("limit", String(min(self.lines, 1_000)))
        var reading = LogReading()
        self.show(reading.take(try plane.get("/v1/logs", query)))
        while self.follow {
            do throws(CommandFailure) {
                let start = ContinuousClock.now
                let lines = reading.take(try self.news(plane, after: reading.next))
                self.show(lines)
                // A control plane that stops does not let anybody wait.
                if lines.isEmpty, ContinuousClock.now - start < .seconds(1) { Thread.sleep(forTimeInterval: 1) }
            } catch {
                guard error.status == .error else { throw error }
                if reading.lose() { Terminal.complain("\(error.lines.first ?? ""); trying again") }
                Thread.sleep(forTimeInterval: 1)
            }
        }
    }

    /// Waits for new lines.
    private func news(_ plane: borrowing ControlPlane, after: Int64) throws(CommandFailure) -> JSON {
        var query = self.query
        query.add("after", String(after))
        query.add("wait", "25s")
        var request = ClientRequest(.get, "/v1/logs" + query.text)
        request.timeoutMilliseconds = 60_000
        return try plane.call(request).body
    }

    private var query: Query {
        var query = Query()
        query.add("level", self.level)
        return query
    }

    private func show(_ lines: [JSON]) {
        Terminal.show(lines.map(self.line).joined(separator: "\n"))
    }

    private func line(_ entry: JSON) -> String {
        switch self.format.output {
        case .table, .name: LogText.line(entry)
        case .json: entry.text()
        case .yaml: "---\n" + yamlText(entry)
        }
    }
}
