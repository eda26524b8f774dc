import Foundation
import GatewayModel

/// The named control planes of one user: `contexts.json`, readable by that user alone, for it may name tokens.
struct Contexts {
    struct Entry: Equatable {
        var url: String
        var tokenFile: String?
    }

    var current: String?
    var entries: [String: Entry] = [:]

    static var path: String { Environment.current.configurationFolder + "/sluice/contexts.json" }

    /// An absent file is an empty one.
    static func load() throws(CommandFailure) -> Contexts {
        guard let data = FileManager.default.contents(atPath: Self.path) else { return Contexts() }
        do {
            return Contexts(try JSON(parsing: Array(data)))
        } catch {
            throw CommandFailure("\(Self.path): \(error.message) at byte \(error.offset)")
        }
    }

    func save() throws(CommandFailure) {
        let folder = (Self.path as NSString).deletingLastPathComponent
        let temporary = Self.path + ".new"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure("cannot make \(folder): \(error.localizedDescription)")
        }
        let made = FileManager.default.createFile(
            atPath: temporary, contents: Data(self.json.encoded(.pretty)), attributes: [.posixPermissions: 0o600])
        guard made, rename(temporary, Self.path) == 0 else { throw CommandFailure("cannot write \(Self.path)") }
    }

    private var json: JSON {
        var contexts = JSONObject()
        for (name, entry) in self.entries.sorted(by: { $0.key < $1.key }) {
            var members: JSONObject = ["url": .string(entry.url)]
            if let file = entry.tokenFile { members["tokenFile"] = .string(file) }
            contexts[name] = .object(members)
        }
        return ["current": self.current.map { .string($0) } ?? .null, "contexts": .object(contexts)]
    }
}

extension Contexts {
    fileprivate init(_ json: JSON) {
        self.current = json["current"]?.stringValue
        for (name, value) in json["contexts"]?.objectValue?.members ?? [] {
            guard let url = value["url"]?.stringValue else { continue }
            self.entries[name] = Entry(url: url, tokenFile: value["tokenFile"]?.stringValue)
        }
    }
}
