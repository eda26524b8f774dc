import ArgumentParser
import ControlClient
import Foundation

/// Where the control plane is, and who asks.
struct ConnectionOptions: ParsableArguments {
    static let defaultURL = "http://127.0.0.1:9700"

    @Option(help: ArgumentHelp("The control plane's URL.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("A file that holds the token.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("A file of certificates to trust instead of the system's.", valueName: "file"),
        completion: .file())
    var caFile: String?

    @Option(
        help: ArgumentHelp("The context to use instead of the current one.", valueName: "name"),
        completion: Context.completion)
    var context: String?

    /// Flags before environment before context before default.
    func settings() throws(CommandFailure) -> ClientSettings {
        let context = try self.chosenContext()
        let url = self.url ?? (self.context == nil ? Environment.current.url : nil) ?? context?.url ?? Self.defaultURL
        do throws(ClientError) {
            return try ClientSettings(
                url: url, token: try self.token(context), authorityFile: try self.authorities(context),
                userAgent: "sluice")
        } catch {
            throw CommandFailure(error.message)
        }
    }

    /// None when a URL was given otherwise: a context's token is for the context's URL alone.
    private func chosenContext() throws(CommandFailure) -> Contexts.Entry? {
        if self.context == nil, self.url != nil || Environment.current.url != nil { return nil }
        let contexts = try Contexts.load()
        guard let name = self.context else { return contexts.current.flatMap { contexts.entries[$0] } }
        return try contexts.entry(name)
    }

    private func authorities(_ context: Contexts.Entry?) throws(ClientError) -> String? {
        guard let file = self.caFile ?? context?.caFile else { return nil }
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw .invalid("the file of certificates \(file) cannot be read")
        }
        return file
    }

    private func token(_ context: Contexts.Entry?) throws(ClientError) -> String? {
        if self.tokenFile == nil, self.context == nil, let token = Environment.current.token { return token }
        guard let file = self.tokenFile ?? context?.tokenFile else { return nil }
        do throws(FileContent.Unreadable) {
            return try FileContent.text(file).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            throw .invalid("the token file \(file) cannot be read: \(error.reason)")
        }
    }
}
