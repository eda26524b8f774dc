import ArgumentParser
import GatewayModel

/// `sluice plan`: what `apply` would do, and what that does to traffic.
struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what apply would change, in order, and what that does to traffic.",
        discussion: """
            The plan's hash can be given to apply, which then refuses when the world has moved. A viewer's token is enough.

            Examples:
              sluice plan -f gateway/ --set shop --prune
              sluice plan -f gateway/ -o json | jq -r .planHash
            """)

    @OptionGroup var documents: DocumentArguments
    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plan = try self.documents.plan(self.connection)
        let hash = plan["planHash"]?.stringValue.map { "\nplan hash \($0)" } ?? ""
        Document.show(
            plan, self.format.output, people: PlanText.text(plan) + hash, name: ChangeText.names(plan.list("changes")))
    }
}

extension DocumentArguments {
    /// What applying the documents would do.
    func plan(_ connection: ConnectionOptions) throws(CommandFailure) -> JSON {
        let set = try self.read()
        let plan = try self.send(set, to: "/v1/plan", self.query, try ControlPlane(connection)).body
        for warning in plan.list("warnings") { Terminal.complain("warning: \(warning.sentence)") }
        return plan
    }
}
