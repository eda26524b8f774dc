import ArgumentParser
import ControlClient
import GatewayModel

/// `sluice export`: the whole configuration, ready to be applied again.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the whole configuration as documents that apply takes.",
        discussion: """
            Sorted, without defaults and without secrets: a certificate's key stays where it is when such a document is applied.

            Examples:
              sluice export -f gateway.yaml
              sluice export --set shop -o json | jq '.[].name'
            """)

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("The file to write; - for stdout (the default).", valueName: "file"), completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("Only what this set owns.", valueName: "name"))
    var set: String?

    @Option(
        name: [.customShort("o"), .long], help: "How to print: yaml, json, table or name (yaml; json for FILE.json).")
    var output: OutputFormat?

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plane = try ControlPlane(self.connection)
        let format = self.output ?? (self.file?.hasSuffix(".json") == true ? .json : .yaml)
        let text = format == .yaml ? try self.export(plane, "yaml").text : self.text(try self.documents(plane), format)
        guard let file else { return Terminal.write(text) }
        try OutputFile.write(text, to: file)
    }

    private func documents(_ plane: borrowing ControlPlane) throws(CommandFailure) -> [JSON] {
        try self.export(plane, "json").body.arrayValue ?? []
    }

    private func export(_ plane: borrowing ControlPlane, _ format: String) throws(CommandFailure) -> PlaneAnswer {
        var query = Query()
        query.add("format", format)
        query.add("set", self.set)
        var request = ClientRequest(.get, "/v1/export" + query.text)
        request.timeoutMilliseconds = 120_000
        return try plane.call(request)
    }

    private func text(_ documents: [JSON], _ format: OutputFormat) -> String {
        switch format {
        case .json, .yaml: JSON.array(documents).text(.pretty) + "\n"
        case .name: documents.compactMap(\.keyText).map { $0 + "\n" }.joined()
        case .table: View.named.table(documents) + "\n"
        }
    }
}

extension View {
    /// Resources of several kinds.
    static let named = View([Column("KIND", "kind"), Column("NAME", "name")]) { $0.keyText }
}
