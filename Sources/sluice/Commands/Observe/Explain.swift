import ArgumentParser
import ControlClient
import GatewayModel
import GatewaySnapshot

/// `sluice explain`: which route a request takes, and why the others do not.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows which route a request takes, and why the others do not.",
        discussion: """
            With -f it explains the configuration in files, with no server; the same code decides.

            Examples:
              sluice explain GET http://shop.example/cart -H 'cookie: beta=1'
              sluice explain POST https://shop.example/orders -f gateway/
            """)

    @Argument(help: "The request's method.") var method: String
    @Argument(help: "The request's URL, such as http://shop.example/cart.") var requestURL: String

    @Option(name: [.customShort("H"), .customLong("header")], help: "A header of the request, 'name: value'.")
    var headers: [String] = []

    @Option(help: "The client's IP address.")
    var clientAddress = "127.0.0.1"

    @Option(
        name: [.customShort("f"), .long], help: ArgumentHelp("Explains these files instead.", valueName: "file"),
        completion: .file())
    var file: [String] = []

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let request = try self.request()
        let explanation = self.file.isEmpty ? try self.remote(request) : try self.local(request)
        Document.show(
            explanation, self.format.output, people: ExplanationText.text(explanation),
            name: explanation["route"]?.stringValue.map { "route/\($0)" })
    }

    private func request() throws(CommandFailure) -> JSON {
        var fields = JSONObject()
        for text in self.headers {
            let header = try Self.header(text)
            fields[header.name] = .array((fields[header.name]?.arrayValue ?? []) + [.string(header.value)])
        }
        return [
            "method": .string(self.method), "url": .string(self.requestURL), "headers": .object(fields),
            "clientAddress": .string(self.clientAddress),
        ]
    }

    private func local(_ request: JSON) throws(CommandFailure) -> JSON {
        let gateway = try LocalGateway(self.file).gateway
        do throws(Faults) {
            return gateway.explain(try ExplainRequest(document: request)).json
        } catch {
            throw CommandFailure(.error, error.faults.map { "\($0.pointer): \($0.detail)" })
        }
    }

    private func remote(_ request: JSON) throws(CommandFailure) -> JSON {
        try ControlPlane(self.connection).post("/v1/explain", request).body
    }

    private static func header(_ text: String) throws(CommandFailure) -> (name: String, value: String) {
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else {
            throw CommandFailure("-H '\(text)': a header is 'name: value'")
        }
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        return (String(text[..<colon]), String(value))
    }
}
