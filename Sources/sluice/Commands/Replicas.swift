import ArgumentParser
import ControlClient
import GatewayModel

/// `sluice replicas`: who serves what.
struct Replicas: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows every replica, what it serves and how it is.")

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let body = try ControlPlane(self.connection).call(ClientRequest(.get, "/v1/replicas")).body
        let replicas = body["items"]?.arrayValue ?? body.arrayValue ?? []
        if self.format.output == .name {
            Terminal.show(replicas.compactMap { $0["id"]?.stringValue }.joined(separator: "\n"))
        } else {
            JSONOutput.show(body, self.format.output, table: Self.table(replicas))
        }
    }

    private static func table(_ replicas: [JSON]) -> String {
        let columns = ["ID", "HOST", "STATE", "VERSION", "LAST SEEN", "UPTIME", "REQUESTS", "5XX"]
        return Table(columns: columns, rows: replicas.map(Self.row)).text
    }

    private static func row(_ replica: JSON) -> [String] {
        let cells: [JSON?] = [
            replica["id"], replica["host"], replica["state"], replica["version"], replica["lastSeen"],
            replica["uptimeSeconds"], replica["traffic"]?["requests"], replica["traffic"]?["responses5xx"],
        ]
        return cells.map { $0?.stringValue ?? $0?.integerValue.map { String($0) } ?? "-" }
    }
}
