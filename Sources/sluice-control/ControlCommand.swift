import AdminAPI
import ArgumentParser
import Foundation
import Logging
import Storage

@main
struct ControlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-control",
        abstract: "The control plane: stores listeners, routes and upstreams and hands them to the workers.")

    @Option(help: "Where the admin API listens, HOST:PORT.")
    var admin = AdminAddress.standard

    @Option(help: "The folder with the database, the key and the tokens; made when missing.")
    var data: String

    @Option(
        help: """
            A file with the key that signs tokens and encrypts private keys, 32 bytes as they are, in hexadecimal or in \
            base64; else SLUICE_SECRET_KEY, else DATA/secret.key, which is made.
            """)
    var secretKeyFile: String?

    @Option(help: "Another host name that the admin API answers to; may be repeated.")
    var adminHost: [String] = []

    @Option(
        help: ArgumentHelp(
            "A folder with the page at /docs, as scripts/docs-assets fills it; without it there is none.",
            valueName: "folder"))
    var docs: String?

    @Flag(help: "Listen without TLS on an address that other machines can reach.")
    var insecureAdmin = false

    @Option(help: "How much to log: trace, debug, info, notice, warning, error or critical.", transform: Self.level)
    var logLevel = Logger.Level.info

    @Flag(
        help: ArgumentHelp(
            "Print every operation of the admin API and exit; for the contract test.", visibility: .hidden))
    var printOperations = false

    func validate() throws {
        guard self.admin.isLoopback || self.insecureAdmin else {
            throw ValidationError(
                """
                --admin \(self.admin.host):\(self.admin.port) can be reached from other machines, and this version has no \
                TLS on the admin listener: tokens and private keys would travel in the clear. Listen on 127.0.0.1, or say \
                --insecure-admin.
                """)
        }
    }

    func run() async throws {
        do {
            try await self.serve(in: DataFolder(opening: self.data))
        } catch {
            FileHandle.standardError.write(Data("sluice-control: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }

    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else { throw ValidationError("\(text) is no log level.") }
        return level
    }
}
