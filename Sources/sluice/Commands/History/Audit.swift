import ArgumentParser
import GatewayModel

/// `sluice audit`: who did what.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows who changed what, newest first, or verifies that nothing in the log was altered.",
        discussion: """
            Each entry has the hash of the one before it. --verify recomputes them all and fails (exit code 1) at the first that \
            does not fit; a hash that was noted elsewhere, given with --through, shows that the log still leads through it.

            Examples:
              sluice audit --actor ci --limit 10
              sluice audit --action route.delete -o json
              sluice audit --verify --through sha256:…
            """)

    @Option(help: ArgumentHelp("Only what this actor did.", valueName: "name")) var actor: String?
    @Option(help: ArgumentHelp("Only such actions, as route.put or apply.", valueName: "action")) var action: String?
    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many to show.", valueName: "count"))
    var limit = 50
    @Flag(help: "Recomputes the hashes of the whole log.") var verify = false
    @Option(help: ArgumentHelp("With --verify: a hash that must be in the log.", valueName: "hash")) var through:
        String?

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard self.limit > 0 else { throw ValidationError("--limit needs a number from 1 on") }
        if self.through != nil, !self.verify { throw ValidationError("--through goes with --verify") }
        if self.verify, self.actor != nil || self.action != nil {
            throw ValidationError("--verify looks at the whole log: --actor and --action have no place")
        }
    }

    func run() throws {
        let plane = try ControlPlane(self.connection)
        if self.verify { return try self.verify(plane) }
        var query = Query()
        query.add("actor", self.actor)
        query.add("action", self.action)
        query.add("order", "desc")
        View.audit.show(try plane.items("/v1/audit", query, limit: self.limit), self.format.output)
    }

    private func verify(_ plane: borrowing ControlPlane) throws(CommandFailure) {
        var chain = AuditChain(awaiting: self.through)
        var query = Query()
        query.add("order", "asc")
        try plane.eachPage("/v1/audit", query) { page throws(CommandFailure) in
            for entry in page { try chain.add(entry) }
        }
        try chain.end()
        let people = "\(chain.count) entries, none altered; the last hash is \(chain.last)"
        Document.show(
            ["entries": .integer(Int64(chain.count)), "hash": .string(chain.last)], self.format.output, people: people,
            name: chain.last)
    }
}

extension View {
    fileprivate static let audit = View([
        Column("ENTRY", "sequence"), Column("TIME", "time"), Column("ACTOR", "actor"), Column("ROLE", "role"),
        Column("ACTION", "action"), Column("SUBJECT", "subject"), Column("FROM", "source"),
        Column("VERSION") { entry in
            let (before, after) = (entry["versionBefore"].shown, entry["versionAfter"].shown)
            return Cell(before == after ? after : "\(before) -> \(after)")
        },
        Column("MESSAGE", "message"),
    ]) { $0["sequence"].shown }
}
