import ArgumentParser
import GatewayModel

/// `sluice rollout`.
struct RolloutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Shows how far a version has come.", subcommands: [RolloutStatus.self])
}

/// `sluice rollout status`: who serves a version, and a way to wait for it.
struct RolloutStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows which replicas serve a version or a later one.",
        discussion: """
            Exit code 3 when not every live replica does; --wait gives them time. The wait ends early when all that are left \
            have refused the version.

            Examples:
              sluice rollout status
              sluice rollout status 12 --wait 5m
            """)

    @Argument(help: "A number, or latest.") var version: VersionArgument?

    @Option(help: ArgumentHelp("How long to wait for it, as 60s or 5m.", valueName: "duration"))
    var wait: Wait?

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plane = try ControlPlane(self.connection)
        let asking = RolloutWait(version: self.version?.text ?? VersionArgument.latest)
        let rollout =
            if let wait { try asking.run(plane, for: wait) } else { try asking.look(plane, waiting: 0) }
        let replicas = rollout.body.list("replicas")
        let table = View.rollout.table(replicas) + "\n" + rollout.summary
        Document.show(
            rollout.body, self.format.output, people: table,
            name: replicas.compactMap(View.rollout.name).joined(separator: "\n"))
        try rollout.requireComplete()
    }
}

extension View {
    fileprivate static let rollout = View([
        Column("REPLICA", "id"), Column("HOST", "host"), .state, Column("VERSION", "version"),
        Column("LAST SEEN", "lastSeen"), Column("ERROR") { Cell($0.errorText ?? "") },
    ]) { $0["id"]?.stringValue }
}

extension Column {
    /// How a replica is.
    static let state = Column("STATE") { replica in
        switch replica["state"]?.stringValue {
        case "applied": Cell("applied", .good)
        case "rejected": Cell("rejected", .bad)
        case "stale": Cell("stale", .faint)
        default: Cell(replica["state"], .doubtful)
        }
    }
}
