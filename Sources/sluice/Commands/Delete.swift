import ArgumentParser
import ControlClient
import GatewayModel

/// `sluice delete`: one resource; the server refuses while others refer to it.
struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Deletes a resource that nothing refers to.")

    @Argument(help: "listener, upstream or route; the plural too.") var kind: KindArgument
    @Argument(help: "The name.") var name: String

    @Option(help: ArgumentHelp("Waits until every live replica serves the change.", valueName: "duration"))
    var wait: Wait?

    @OptionGroup var format: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let query = self.wait.map { "?" + $0.query.joined(separator: "&") } ?? ""
        var request = ClientRequest(.delete, "/v1/\(self.kind.kind.plural)/\(ClientRequest.escaped(self.name))\(query)")
        request.timeoutMilliseconds += self.wait?.milliseconds ?? 0
        let answer = try ControlPlane(self.connection).call(request)
        let done = "\(self.kind.kind.rawValue)/\(self.name) deleted"
        try WriteOutcome(answer.status, answer.body).show(self.format.output, done: done)
    }
}
