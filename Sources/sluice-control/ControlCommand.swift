import AdminAPI
import ArgumentParser
import CLinux
import Foundation
import Logging
import Storage

/// `sluice-control serve`, which is also what it does without a subcommand.
struct ControlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Runs the control plane.")

    @Option(help: ArgumentHelp("Where the admin API listens.", valueName: "host:port"))
    var admin = AdminAddress.standard

    @Option(
        help: ArgumentHelp(
            "The folder with the database, the key and the tokens; made when missing.", valueName: "dir"))
    var data: String

    @OptionGroup var key: KeyOptions
    @OptionGroup var tls: TLSOptions
    @OptionGroup var history: RetentionOptions

    @Option(
        help: ArgumentHelp("Another host name that the admin API answers to; may be repeated.", valueName: "name"))
    var adminHost: [String] = []

    @Option(
        help: ArgumentHelp(
            "A folder with the page at /docs, as scripts/docs-assets fills it; without it there is none.",
            valueName: "dir"))
    var docs: String?

    @Flag(help: "Listen without TLS on an address that other machines can reach.")
    var insecureAdmin = false

    @Option(
        help: ArgumentHelp(
            "Environment variables whose names begin with this may stand for secrets: {\"fromEnv\": \"NAME\"}.",
            valueName: "prefix"))
    var allowSecretEnv: String?

    @Option(
        help: ArgumentHelp(
            "Files in this folder may stand for secrets: {\"fromFile\": \"path\"}.", valueName: "dir"))
    var allowSecretFiles: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Hosts that URLs in documents may name, as keys.example.com or *.example.com (any).",
            valueName: "pattern"))
    var allowUrlHosts: [String] = []

    @Flag(help: "Refuse changes of what exists without If-Match, so that nobody overwrites what they have not seen.")
    var requirePreconditions = false

    @Option(
        help: ArgumentHelp(
            "How much to log: trace, debug, info, notice, warning, error or critical (info).", valueName: "level"),
        transform: Self.level)
    var logLevel = Logger.Level.info

    @Flag(
        help: ArgumentHelp(
            "Print every operation of the admin API and exit; for the contract test.", visibility: .hidden))
    var printOperations = false

    func validate() throws {
        guard self.admin.isLoopback || self.insecureAdmin || self.tls.isOn else {
            throw ValidationError(
                """
                --admin \(self.admin.host):\(self.admin.port) can be reached from other machines: without TLS, tokens and \
                private keys would travel in the clear. Give --tls-certificate and --tls-key, listen on 127.0.0.1, or say \
                --insecure-admin.
                """)
        }
        guard URLHosts(self.allowUrlHosts) != nil else {
            throw ValidationError("--allow-url-hosts takes names of hosts, and *. with a domain.")
        }
        guard self.allowSecretEnv != "" else { throw ValidationError("--allow-secret-env needs a prefix.") }
    }

    func run() async throws {
        clinux_forbid_dumps()
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
