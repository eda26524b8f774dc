import ArgumentParser
import ControlClient
import GatewayModel

/// `sluice get`: one resource, or all of a kind.
struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows resources of a kind, or one of them.")

    @Argument(help: "listener, upstream, route, certificate or traffic-policy; the plural too.") var kind: KindArgument
    @Argument(help: "The name; all of the kind without it.") var name: String?

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let plane = try ControlPlane(self.connection)
        let kind = self.kind.kind
        if let name {
            let path = "/v1/\(kind.plural)/\(ClientRequest.escaped(name))"
            let document = try plane.call(ClientRequest(.get, path)).body
            self.show([document], document)
        } else {
            let documents = try Self.all(kind, plane)
            self.show(documents, ["items": .array(documents)])
        }
    }

    /// Follows the pages to the end.
    private static func all(_ kind: ResourceKind, _ plane: borrowing ControlPlane) throws -> [JSON] {
        var documents: [JSON] = []
        var cursor: String?
        repeat {
            let page = cursor.map { "&cursor=\(ClientRequest.escaped($0))" } ?? ""
            let body = try plane.call(ClientRequest(.get, "/v1/\(kind.plural)?limit=500\(page)")).body
            documents += body["items"]?.arrayValue ?? []
            cursor = body["next"]?.stringValue
        } while cursor != nil
        return documents
    }

    private func show(_ documents: [JSON], _ whole: JSON) {
        if self.format.output == .name {
            let names = documents.compactMap { $0["name"]?.stringValue }
            Terminal.show(names.map { "\(self.kind.kind.rawValue)/\($0)" }.joined(separator: "\n"))
        } else {
            JSONOutput.show(whole, self.format.output, table: ResourceTable.text(self.kind.kind, documents))
        }
    }
}
