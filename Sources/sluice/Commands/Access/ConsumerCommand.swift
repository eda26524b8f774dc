import ArgumentParser
import Credentials
import Documents
import GatewayModel

/// `sluice consumer`.
struct ConsumerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumer", abstract: "Makes consumers out of what other servers have.",
        subcommands: [ImportHtpasswd.self])
}

/// `sluice consumer import-htpasswd`: documents out of a file of `htpasswd`; it calls nobody.
struct ImportHtpasswd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-htpasswd",
        abstract: "Writes a consumer for each line of an htpasswd file.",
        discussion: """
            The documents hold the hashes of the file, so that nobody needs to know the passwords. Lines with hashes that are no \
            longer safe (MD5, SHA-1, crypt, plain text) are refused, with their numbers; nothing is written then.

            Examples:
              sluice consumer import-htpasswd users.htpasswd > consumers.yaml
              sluice consumer import-htpasswd users.htpasswd --prefix shop- --label team=shop | sluice apply -f -
            """)

    @Argument(help: "The file; - is stdin.", completion: .file()) var file: String

    @Option(help: ArgumentHelp("What the consumers' names begin with, before the users' names.", valueName: "text"))
    var prefix = ""

    @Option(help: ArgumentHelp("A label of every consumer; may be repeated.", valueName: "name=value"))
    var label: [String] = []

    func run() throws {
        let labels = try self.labels()
        let lines = HtpasswdLines(text: try self.text(), prefix: self.prefix)
        guard lines.problems.isEmpty else {
            throw CommandFailure(.error, lines.problems.map { "\(self.file):\($0.line): \($0.reason)" })
        }
        let documents = lines.users.map { user in
            var document: JSONObject = ["kind": "consumer", "name": .string(user.consumer)]
            if !labels.isEmpty { document["labels"] = .object(labels) }
            document["basic"] = ["username": .string(user.name), "passwordHash": .string(user.hash)]
            return yamlText(.object(document))
        }
        Terminal.write(documents.joined(separator: "---\n"))
    }

    private func text() throws(CommandFailure) -> String {
        do throws(FileContent.Unreadable) {
            return try FileContent.text(self.file)
        } catch {
            throw CommandFailure("\(self.file): \(error.reason)")
        }
    }

    private func labels() throws -> JSONObject {
        var labels = JSONObject()
        for text in self.label {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
                throw ValidationError("--label \(text) is not name=value.")
            }
            labels[String(text[..<sign])] = .string(String(text[text.index(after: sign)...]))
        }
        return labels
    }
}
