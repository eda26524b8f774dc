import ArgumentParser
import GatewayModel

/// `sluice get`: one resource, or all of a kind.
struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows resources of a kind, or one of them.",
        discussion: """
            Examples:
              sluice get routes
              sluice get route shop -o yaml
              sluice get routes -l team=shop,env!=dev --host shop.example -o name
            """)

    @OptionGroup var resource: ResourceArguments

    @Option(
        name: [.customShort("l"), .long],
        help: ArgumentHelp("Only those with these labels: team=shop,env!=dev.", valueName: "selector"))
    var selector: String?

    @Option(help: ArgumentHelp("Only those that this set owns.", valueName: "name"))
    var set: String?

    @Option(help: ArgumentHelp("Only routes that are considered for this host.", valueName: "host"))
    var host: String?

    @Option(help: ArgumentHelp("Only routes that forward to this upstream.", valueName: "name"))
    var upstream: String?

    @Option(help: ArgumentHelp("Only routes of this listener.", valueName: "name"))
    var listener: String?

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let (kind, name) = try self.resource.parts()
        let query = try self.query(kind, name)
        let plane = try ControlPlane(self.connection)
        let view = View.resources(kind)
        if let name {
            let document = try plane.get(ResourceKey(kind: kind, name: name).path)
            view.show([document], whole: document, self.format.output)
        } else {
            view.show(try plane.items("/v1/\(kind.plural)", query), self.format.output)
        }
    }

    private func query(_ kind: ResourceKind, _ name: String?) throws(CommandFailure) -> Query {
        let ofRoutes = [("host", self.host), ("upstream", self.upstream), ("listener", self.listener)]
        if kind != .route, let filter = ofRoutes.first(where: { $0.1 != nil }) {
            throw CommandFailure("--\(filter.0) is for routes alone")
        }
        var query = Query()
        query.add("labelSelector", self.selector)
        query.add("set", self.set)
        for (name, value) in ofRoutes { query.add(name, value) }
        guard name == nil || query.text.isEmpty else { throw CommandFailure("a name needs no filter") }
        return query
    }
}
