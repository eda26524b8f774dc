import Foundation
import GatewayModel

/// The named control planes of one user: `contexts.json`, readable by that user alone, for it may name tokens.
struct Contexts {
    struct Entry: Equatable {
        var url: String
        var tokenFile: String?
        var caFile: String?
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

    /// - Throws: for one that is not there, with those that are.
    func entry(_ name: String) throws(CommandFailure) -> Entry {
        if let entry = self.entries[name] { return entry }
        let near = name.nearest(in: self.entries.keys.sorted()).map { "did you mean '\($0)'? " } ?? ""
        throw CommandFailure("there is no context '\(name)'; \(near)`sluice context list` shows which there are")
    }

    /// Each with its name and whether it is in use.
    var documents: [JSON] {
        self.entries.sorted { $0.key < $1.key }.map { name, entry in
            var members: JSONObject = ["name": .string(name), "current": .bool(name == self.current)]
            for (name, value) in entry.json.objectValue?.members ?? [] { members[name] = value }
            return .object(members)
        }
    }

    private var json: JSON {
        var contexts = JSONObject()
        for (name, entry) in self.entries.sorted(by: { $0.key < $1.key }) { contexts[name] = entry.json }
        return ["current": self.current.map { .string($0) } ?? .null, "contexts": .object(contexts)]
    }
}

extension Contexts.Entry {
    fileprivate var json: JSON {
        var members: JSONObject = ["url": .string(self.url)]
        members["tokenFile"] = self.tokenFile.map(JSON.string)
        members["caFile"] = self.caFile.map(JSON.string)
        return .object(members)
    }
}

extension Contexts {
    fileprivate init(_ json: JSON) {
        self.current = json["current"]?.stringValue
        for (name, value) in json["contexts"]?.objectValue?.members ?? [] {
            guard let url = value["url"]?.stringValue else { continue }
            self.entries[name] = Entry(
                url: url, tokenFile: value["tokenFile"]?.stringValue, caFile: value["caFile"]?.stringValue)
        }
    }
}
