import ArgumentParser

/// `sluice diff`: whether files and configuration differ, as an exit code.
struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows how the documents of files differ from the configuration.",
        discussion: """
            Exit codes: 0 nothing differs; 1 error; 2 something differs; 4 refused by the server. What other sets own, or nobody, \
            and the files do not name is no difference, unless --set and --prune say so. A viewer's token is enough.

            Examples:
              sluice diff -f gateway/ --set shop --prune
              sluice diff -f gateway/ -o name
            """)

    @OptionGroup var documents: DocumentArguments
    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plan = try self.documents.plan(self.connection)
        Document.show(
            plan, self.format.output, people: PlanText.text(plan), name: ChangeText.names(plan.list("changes")))
        if PlanText.differs(plan) { throw CommandFailure(.differs, []) }
    }
}
