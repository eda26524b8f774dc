import ArgumentParser
import ControlClient
import Documents
import GatewayModel

/// `sluice apply`: many documents, all or nothing, one version.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stores the documents of files, all or nothing, as one new version.")

    @Option(
        name: [.customShort("f"), .long], help: ArgumentHelp("A file, a folder, or - for stdin.", valueName: "file"))
    var file: [String]

    @Flag(help: "Checks everything and stores nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("Waits until every live replica serves the change.", valueName: "duration"))
    var wait: Wait?

    @Option(help: "Why; kept with the version.")
    var message: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let set = try InputFiles.read(self.file)
        guard set.problems.isEmpty else { throw CommandFailure(.error, set.problems.map(\.description)) }
        let places = set.entries.map { "\($0.place.file):\($0.place.line)" }
        let answer = try ControlPlane(self.connection).call(self.request(set), places: places)
        try WriteOutcome(answer.status, answer.body).show(self.format.output, done: self.summary(set, answer.body))
    }

    private func request(_ set: DocumentSet) -> ClientRequest {
        var query = self.wait?.query ?? []
        if self.dryRun { query.append("dryRun=true") }
        if let message { query.append("message=\(ClientRequest.escaped(message))") }
        var request = ClientRequest(.post, "/v1/apply" + (query.isEmpty ? "" : "?" + query.joined(separator: "&")))
        request.headers = [("Content-Type", "application/json")]
        request.body = JSON.array(set.entries.map { Self.document($0.resource) }).encoded()
        request.timeoutMilliseconds = 120_000 + (self.wait?.milliseconds ?? 0)
        return request
    }

    private static func document(_ resource: Resource) -> JSON {
        var members = resource.document.objectValue ?? [:]
        members["kind"] = .string(resource.key.kind.rawValue)
        return .object(members)
    }

    private func summary(_ set: DocumentSet, _ body: JSON) -> String {
        var lines = Self.changes(body["changes"]?.arrayValue ?? [])
        let count = set.entries.count == 1 ? "1 document" : "\(set.entries.count) documents"
        let version = body["version"]?.integerValue.map { ", version \($0)" } ?? ""
        lines.append(self.dryRun ? "\(count) would be applied" : "\(count) applied\(version)")
        return lines.joined(separator: "\n")
    }

    /// "route/shop created"; many are counted, and unchanged ones are not worth a line.
    private static func changes(_ changes: [JSON]) -> [String] {
        let effects = changes.compactMap { json -> (name: String, effect: String)? in
            guard let kind = json["kind"]?.stringValue, let name = json["name"]?.stringValue,
                let effect = json["change"]?.stringValue, effect != "unchanged"
            else { return nil }
            return ("\(kind)/\(name)", effect)
        }
        if effects.count <= 20 { return effects.map { "\($0.name) \($0.effect)" } }
        let counts = Dictionary(effects.map { ($0.effect, 1) }, uniquingKeysWith: +)
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    }
}
