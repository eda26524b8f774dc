import ArgumentParser
import ControlClient
import Foundation
import GatewayModel

/// `sluice context`: named control planes.
struct Context: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keeps named control planes in ~/.config/sluice/contexts.json.",
        discussion: """
            Examples:
              sluice context set live --url https://gateway.example:9700
              sluice context set live --token-file ~/live.token --ca-file ca.pem
              sluice context use live
              sluice replicas --context live
            """,
        subcommands: [ContextList.self, ContextUse.self, ContextSet.self, ContextDelete.self])

    static let completion = CompletionKind.custom { _, _, _ in
        ((try? Contexts.load())?.entries.keys).map(Array.init) ?? []
    }
}

struct ContextList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Shows the contexts.")

    @OptionGroup var format: OutputOptions

    func run() throws { View.contexts.show(try Contexts.load().documents, self.format.output) }
}

extension View {
    fileprivate static let contexts = View([
        Column("") { Cell($0["current"] == true ? "*" : "") }, Column("NAME", "name"), Column("URL", "url"),
        Column("TOKEN FILE", "tokenFile"), Column("CA FILE", "caFile"),
    ]) { $0["name"]?.stringValue }
}

struct ContextUse: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "use", abstract: "Makes a context the current one.")

    @Argument(help: "The context's name.", completion: Context.completion) var name: String

    func run() throws {
        var contexts = try Contexts.load()
        _ = try contexts.entry(self.name)
        contexts.current = self.name
        try contexts.save()
        Terminal.show("context '\(self.name)' is in use")
    }
}

struct ContextSet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Makes or changes a context; the first one is in use at once.")

    @Argument(help: "The context's name.", completion: Context.completion) var name: String
    @Option(help: "The control plane's URL.") var url: String?

    @Option(help: ArgumentHelp("A file that holds the token.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("A file of certificates to trust instead of the system's.", valueName: "file"),
        completion: .file())
    var caFile: String?

    func run() throws {
        var contexts = try Contexts.load()
        guard let url = self.url ?? contexts.entries[self.name]?.url else {
            throw CommandFailure("a new context needs --url")
        }
        do { _ = try ClientSettings(url: url, token: nil, userAgent: "") } catch { throw CommandFailure(error.message) }
        var entry = contexts.entries[self.name] ?? Contexts.Entry(url: url)
        entry.url = url
        if let tokenFile { entry.tokenFile = Self.absolute(tokenFile) }
        if let caFile { entry.caFile = Self.absolute(caFile) }
        contexts.entries[self.name] = entry
        contexts.current = contexts.current ?? self.name
        try contexts.save()
        for file in [self.tokenFile, self.caFile].compactMap(\.self) where !FileManager.default.fileExists(atPath: file)
        {
            Terminal.complain("warning: \(file) is not there yet")
        }
        Terminal.show("context '\(self.name)' is stored\(contexts.current == self.name ? " and in use" : "")")
    }

    /// The context is used from other folders as well.
    private static func absolute(_ file: String) -> String { URL(fileURLWithPath: file).standardizedFileURL.path }
}

struct ContextDelete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Forgets a context; the files that it names stay.")

    @Argument(help: "The context's name.", completion: Context.completion) var name: String

    func run() throws {
        var contexts = try Contexts.load()
        _ = try contexts.entry(self.name)
        contexts.entries[self.name] = nil
        if contexts.current == self.name { contexts.current = nil }
        try contexts.save()
        Terminal.show("context '\(self.name)' is deleted")
    }
}
