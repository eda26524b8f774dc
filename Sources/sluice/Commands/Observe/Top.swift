import ArgumentParser
import Foundation
import GatewayModel

/// `sluice top`: the traffic of replicas as it is now.
struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the traffic of every replica, over and over on a terminal.",
        discussion: """
            Replicas report every ten seconds: rates are those between their last two reports, and those since the replica's \
            start until there are two. Without a terminal it shows one table, as --once does.

            Examples:
              sluice top
              sluice top --once --interval 10s -o json
            """)

    @Flag(help: "Shows one table and ends.") var once = false

    @Option(help: ArgumentHelp("How often to look; with --once, how long to look.", valueName: "duration"))
    var interval = Wait(seconds: 2)

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plane = try ControlPlane(self.connection)
        var traffic = TrafficRates()
        traffic.add(try plane.get("/v1/replicas").list("items"))
        guard !self.once, Terminal.showsToPerson, self.format.output == .table else {
            self.pause()
            traffic.add(try plane.get("/v1/replicas").list("items"))
            return View.traffic.show(traffic.rows, self.format.output)
        }
        while true {
            Terminal.write("\u{1B}[H\u{1B}[J\(traffic.headline)\n\n\(View.traffic.table(traffic.rows))\n")
            self.pause()
            traffic.add(try plane.get("/v1/replicas").list("items"))
        }
    }

    private func pause() { Thread.sleep(forTimeInterval: Double(self.interval.milliseconds) / 1_000) }
}

extension View {
    fileprivate static let traffic = View([
        Column("REPLICA", "id"), .state, Column("VERSION", "version"),
        Column("REQUESTS/S") { Cell(Self.rate($0["requestsPerSecond"])) }, Column("ACTIVE", "activeRequests"),
        Column("5XX/S") { row in
            let text = Self.rate(row["errorsPerSecond"])
            return Cell(text, text == "0.0" || text == "-" ? nil : .bad)
        },
        Column("REQUESTS", "requests"), Column("5XX", "responses5xx"),
    ]) { $0["id"]?.stringValue }

    private static func rate(_ json: JSON?) -> String {
        guard case .double(let rate)? = json else { return "-" }
        return String(format: "%.1f", rate)
    }
}
