import ArgumentParser
import Documents
import GatewayModel

/// `sluice apply`: many documents, all or nothing, one version.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stores the documents of files, all or nothing, as one new version.",
        discussion: """
            A set owns what it brought: with --prune, what it owned and the files lack is deleted, and nothing else. With the hash \
            of a plan nothing is stored if the plan would be another by now.

            Examples:
              sluice apply -f route.yaml --dry-run
              sluice apply -f gateway/ --set shop --prune --wait 60s
              sluice apply -f gateway/ --message "$GIT_SHA" --plan-hash "$HASH"
            """)

    @OptionGroup var documents: DocumentArguments

    @Option(help: ArgumentHelp("Refuses when the plan of that hash would be another by now.", valueName: "hash"))
    var planHash: String?

    @Option(help: ArgumentHelp("Why; kept with the version.", valueName: "text"))
    var message: String?

    @OptionGroup var write: WriteOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let set = try self.documents.read()
        let plane = try ControlPlane(self.connection)
        let answer = try self.documents.send(set, to: "/v1/apply", self.query, plane)
        let changes = answer.body.list("changes")
        try Write(options: self.write, format: self.format.output).show(
            answer, plane, people: ChangeText.summary(answer.body, isDryRun: self.write.dryRun),
            name: ChangeText.names(changes))
    }

    private var query: Query {
        var query = self.documents.query
        query.add("planHash", self.planHash)
        query.add("message", self.message)
        query.add("dryRun", self.write.dryRun)
        return query
    }
}
