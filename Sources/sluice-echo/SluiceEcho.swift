import ArgumentParser
import Hummingbird
import Logging

/// The demo's origin: a small single-page app, the JSON API it calls, or both.
///
/// It knows nothing of Sluice. What it shows is what any backend behind the gateway would see.
@main
struct SluiceEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-echo",
        abstract: "An origin for the demo and for tests: a single-page app and an echoing JSON API.")

    @Option(help: "Port to listen on.")
    var port: Int

    @Option(help: "IP address to listen on.")
    var address = "127.0.0.1"

    @Option(help: "What to serve: web (the page), api (the JSON API) or all.")
    var role = Role.all

    @Option(help: "The name that answers carry, by default the role and the port.")
    var name: String?

    mutating func validate() throws {
        guard (1...65535).contains(self.port) else {
            throw ValidationError("--port must lie between 1 and 65535.")
        }
    }

    func run() async throws {
        var logger = Logger(label: "sluice-echo")
        logger.logLevel = .warning
        let origin = Origin(name: self.name ?? "\(self.role.rawValue)-\(self.port)", role: self.role)
        let application = Application(
            responder: origin.router().buildResponder(),
            configuration: .init(address: .hostname(self.address, port: self.port)),
            logger: logger)
        try await application.runService()
    }
}
