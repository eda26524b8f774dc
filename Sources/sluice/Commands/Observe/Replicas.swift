import ArgumentParser
import ControlClient
import GatewayModel

/// `sluice replicas`: who serves what.
struct Replicas: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows every replica, what it serves and how it is.",
        discussion: """
            Examples:
              sluice replicas
              sluice replicas forget replica-3
              sluice replicas adopt 5d41402abc4b2a765d41402abc4b2a76

            `sluice replicas show --help` has the options of the first.
            """,
        subcommands: [ReplicasShow.self, ReplicasForget.self, ReplicasAdopt.self], defaultSubcommand: ReplicasShow.self)
}

struct ReplicasShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows every replica (the default).")

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let body = try ControlPlane(self.connection).get("/v1/replicas")
        View.replicas.show(body.list("items"), whole: body, self.format.output)
    }
}

extension View {
    fileprivate static let replicas = View([
        Column("ID", "id"), Column("HOST", "host"), .state, Column("VERSION", "version"),
        Column("LAST SEEN", "lastSeen"),
        Column("UPTIME") { Cell(DurationText.short($0["uptimeSeconds"]?.integerValue)) },
        Column("REQUESTS") { Cell($0["traffic"]?["requests"]) }, Column("5XX") { Cell($0["traffic"]?["responses5xx"]) },
        Column("ERROR") { Cell($0.errorText ?? "") },
    ]) { $0["id"]?.stringValue }
}

/// `sluice replicas forget`: one that does not come back.
struct ReplicasForget: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Takes a stale replica off the list.")

    @Argument(help: "The replica's id.") var id: String

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        _ = try ControlPlane(self.connection).call(
            ClientRequest(.delete, "/v1/replicas/\(ClientRequest.escaped(self.id))"))
        Terminal.show("replica \(self.id) is forgotten")
    }
}

/// `sluice replicas adopt`: the operator's word that this control plane follows on another one.
struct ReplicasAdopt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Lets this control plane lead replicas that served another one's configuration.",
        discussion:
            "For a control plane that begins anew in the place of one that is lost. A restored one needs it not.")

    @Argument(help: "The identity that the replicas serve; their logs and /config name it.") var identity: String

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let answer = try ControlPlane(self.connection).post("/v1/replicas/adopt", ["identity": .string(self.identity)])
        Document.show(
            answer.body, self.format.output,
            people: "replicas of \(self.identity) follow \(answer.body["identity"].shown) from now on")
    }
}
