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
            answer, plane, people: self.summary(changes, answer.body), name: ChangeText.names(changes))
    }

    private var query: Query {
        var query = self.documents.query
        query.add("planHash", self.planHash)
        query.add("message", self.message)
        query.add("dryRun", self.write.dryRun)
        return query
    }

    /// Keys that the control plane made: nobody can read them again.
    private static func generated(_ body: JSON, isDryRun: Bool) -> [String] {
        body.list("generated").flatMap { made in
            (made["apiKeys"]?.objectValue?.members ?? []).map { id, key in
                let place = "\(made.keyText ?? ""): key \(id)"
                return isDryRun ? "\(place) would be made" : "\(place), shown this once: \(key.shown)"
            }
        }
    }

    /// "route/shop updated", a line each, then "1 updated, 4 unchanged, version 18".
    private func summary(_ changes: [JSON], _ body: JSON) -> String {
        let version = body["version"].shown
        guard let counts = ChangeText.counts(of: changes) else {
            return self.write.dryRun ? "nothing would change" : "nothing changed, version \(version) stands"
        }
        let sum = self.write.dryRun ? "\(counts); a dry run, nothing is stored" : "\(counts), version \(version)"
        return (ChangeText.done(changes) + Self.generated(body, isDryRun: self.write.dryRun) + [sum]).joined(
            separator: "\n")
    }
}
