import ArgumentParser
import ControlClient
import Documents
import GatewayModel

/// `-f`.
struct FileArguments: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("A file, a folder, or - for stdin; may be repeated.", valueName: "file"),
        completion: .file())
    var file: [String]
}

/// The documents of a whole configuration, and what they are compared with: the same for `apply`, `plan` and `diff`.
struct DocumentArguments: ParsableArguments {
    @OptionGroup var files: FileArguments

    @Option(help: ArgumentHelp("The set that owns these documents.", valueName: "name"))
    var set: String?

    @Flag(help: "Deletes what the set owned and the documents lack; with --set.")
    var prune = false

    @Flag(help: "Takes over what other sets own.")
    var force = false

    func validate() throws {
        if self.prune, self.set == nil { throw ValidationError("--prune needs --set, for it deletes what a set owned") }
    }

    var query: Query {
        var query = Query()
        query.add("set", self.set)
        query.add("prune", self.prune)
        query.add("force", self.force)
        return query
    }

    /// - Throws: everything that is wrong with single documents, with files and lines.
    func read() throws(CommandFailure) -> DocumentSet {
        let set = try InputFiles.read(self.files.file)
        guard set.problems.isEmpty else {
            throw CommandFailure(.error, set.problems.map(\.description) + Self.advice(set))
        }
        return set
    }

    /// `get -o yaml` shows answers, in which the kind is missing.
    private static func advice(_ set: DocumentSet) -> [String] {
        let lacksKind = set.problems.contains { $0.fault.pointer == "/kind" && $0.fault.code == "required" }
        return lacksKind ? ["  `sluice export` writes documents as they are read here"] : []
    }

    /// Sends the documents; faults that the server finds are shown with files and lines.
    func send(
        _ set: DocumentSet, to path: String, _ query: Query, _ plane: borrowing ControlPlane
    ) throws(CommandFailure) -> PlaneAnswer {
        var request = ClientRequest.sending(
            .post, path + query.text, .array(set.entries.map { Self.document($0.resource) }))
        request.timeoutMilliseconds = 120_000
        return try plane.call(request) { faults in Self.places(of: faults, in: set) }
    }

    /// "gateway.yaml:12" for each fault that is about one of the documents.
    private static func places(of faults: [JSON], in set: DocumentSet) -> [String?] {
        let fields = faults.map { fault in
            (
                entry: fault["document"]?.integerValue.flatMap { Int(exactly: $0) } ?? -1,
                pointer: fault["pointer"]?.stringValue ?? ""
            )
        }
        return set.places(of: fields).map { place in place.map { "\($0.file):\($0.line)" } }
    }

    private static func document(_ resource: Resource) -> JSON {
        var members = resource.document.objectValue ?? [:]
        members["kind"] = .string(resource.key.kind.rawValue)
        return .object(members)
    }
}
