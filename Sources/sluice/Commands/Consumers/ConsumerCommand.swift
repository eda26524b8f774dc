import ArgumentParser
import ControlClient
import Documents
import GatewayModel

/// `sluice consumer`.
struct ConsumerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumer", abstract: "Makes consumers of what other servers know.",
        subcommands: [ImportHtpasswd.self])
}

/// `sluice consumer import-htpasswd`: users of an htpasswd file, as documents or stored at once.
struct ImportHtpasswd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-htpasswd",
        abstract: "Makes consumers with passwords of an htpasswd file.",
        discussion: """
            Hashes of bcrypt are taken as they are ($2y$, $2b$, $2a$); a line with any other scheme is refused, and then nothing is \
            made of the others either. A user's name becomes the consumer's, in lower case, with dots and dashes for what names \
            do not have. With --apply consumers that are there keep their keys and labels.

            Examples:
              sluice consumer import-htpasswd .htpasswd --label team=staff | sluice apply -f -
              sluice consumer import-htpasswd .htpasswd --prefix shop- --apply --wait 30s
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case yaml, json
    }

    @Argument(help: "The file; - for stdin.", completion: .file()) var file: String

    @Option(help: ArgumentHelp("A label for all of them; may be repeated.", valueName: "name=value"))
    var label: [String] = []

    @Option(help: ArgumentHelp("What the names of all of them begin with.", valueName: "text"))
    var prefix: String = ""

    @Flag(help: "Stores them, instead of printing documents.")
    var apply = false

    @Option(name: [.customShort("o"), .long], help: "How to print documents: yaml or json (yaml).")
    var output: Format?

    @OptionGroup var write: WriteOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if self.apply, self.output != nil { throw ValidationError("-o is for documents, which --apply does not print") }
        if !self.apply, self.write.dryRun || self.write.wait != nil {
            throw ValidationError("--dry-run and --wait go with --apply")
        }
    }

    func run() throws {
        let labels = try self.label.map(Self.label)
        let htpasswd = try self.read()
        guard !htpasswd.users.isEmpty else { throw CommandFailure("\(self.shownFile): no user in it") }
        guard self.apply else {
            return Terminal.write(Self.text(try self.consumers(htpasswd, labels).documents, self.output ?? .yaml))
        }
        let plane = try ControlPlane(self.connection)
        let stored = try plane.items("/v1/consumers").compactMap { json in
            json["name"]?.stringValue.map { ($0, json) }
        }
        let known = Dictionary(stored, uniquingKeysWith: { $1 })
        try self.store(try self.consumers(htpasswd, labels, known), plane)
    }

    private var shownFile: String { self.file == "-" ? "stdin" : self.file }

    private func read() throws(CommandFailure) -> Htpasswd {
        let text: String
        do throws(FileContent.Unreadable) {
            text = try FileContent.text(self.file)
        } catch {
            throw CommandFailure("\(self.shownFile): \(error.reason)")
        }
        return try Htpasswd(text, file: self.shownFile)
    }

    private func consumers(
        _ htpasswd: Htpasswd, _ labels: [(name: String, value: String)], _ stored: [String: JSON] = [:]
    ) throws(CommandFailure) -> ImportedConsumers {
        try ImportedConsumers(htpasswd, file: self.shownFile, prefix: self.prefix, labels: labels, stored: stored)
    }

    private func store(_ consumers: ImportedConsumers, _ plane: borrowing ControlPlane) throws(CommandFailure) {
        var request = ClientRequest.sending(
            .post, "/v1/apply" + self.write.query.text, .array(consumers.documents))
        request.timeoutMilliseconds = 120_000
        let answer = try plane.call(request) { faults in
            faults.map { fault in
                guard let index = fault["document"]?.integerValue,
                    consumers.lines.indices.contains(Int(clamping: index))
                else { return nil }
                return "\(self.shownFile):\(consumers.lines[Int(clamping: index)])"
            }
        }
        let people = ChangeText.summary(answer.body, isDryRun: self.write.dryRun)
        try Write(options: self.write, format: .table).show(answer, plane, people: people)
    }

    private static func label(_ text: String) throws(CommandFailure) -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let name = parts.first, !name.isEmpty else {
            throw CommandFailure("--label \(text.quoted) is no label: write team=staff")
        }
        return (name, parts[1])
    }

    private static func text(_ documents: [JSON], _ format: Format) -> String {
        switch format {
        case .yaml: documents.map { yamlText($0) }.joined(separator: "---\n")
        case .json: JSON.array(documents).text(.pretty) + "\n"
        }
    }
}
