import ArgumentParser
import ControlClient

/// `sluice context`: named control planes.
struct Context: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keeps named control planes in ~/.config/sluice/contexts.json.",
        subcommands: [ContextList.self, ContextUse.self, ContextSet.self])
}

struct ContextList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Shows the contexts.")

    func run() throws {
        let contexts = try Contexts.load()
        let rows = contexts.entries.sorted { $0.key < $1.key }.map { name, entry in
            [name == contexts.current ? "*" : "", name, entry.url, entry.tokenFile ?? "-"]
        }
        Terminal.show(Table(columns: ["", "NAME", "URL", "TOKEN FILE"], rows: rows).text)
    }
}

struct ContextUse: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "use", abstract: "Makes a context the current one.")

    @Argument(help: "The context's name.") var name: String

    func run() throws {
        var contexts = try Contexts.load()
        guard contexts.entries[self.name] != nil else {
            throw CommandFailure("there is no context '\(self.name)'; `sluice context set` makes one")
        }
        contexts.current = self.name
        try contexts.save()
        Terminal.show("context '\(self.name)' is in use")
    }
}

struct ContextSet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Makes or changes a context; the first one is in use at once.")

    @Argument(help: "The context's name.") var name: String
    @Option(help: "The control plane's URL.") var url: String?
    @Option(help: ArgumentHelp("A file that holds the token.", valueName: "file")) var tokenFile: String?

    func run() throws {
        var contexts = try Contexts.load()
        guard let url = self.url ?? contexts.entries[self.name]?.url else {
            throw CommandFailure("a new context needs --url")
        }
        do { _ = try ClientSettings(url: url, token: nil, userAgent: "") } catch { throw CommandFailure(error.message) }
        let tokenFile = self.tokenFile ?? contexts.entries[self.name]?.tokenFile
        contexts.entries[self.name] = Contexts.Entry(url: url, tokenFile: tokenFile)
        contexts.current = contexts.current ?? self.name
        try contexts.save()
        Terminal.show("context '\(self.name)' is stored")
    }
}
