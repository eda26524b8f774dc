import ControlProtocol
import Foundation
import GatewayModel
import GRDB

/// Encrypts the secret fields of documents on their way into the database, and decrypts them on their way out.
///
/// A secret stands there as `{"sealed": "…"}`: AES-256-GCM in base64, bound to its kind, name and field, so that one that
/// was moved to another row opens as little as one that was altered.
struct SecretBox: Sendable {
    private static let purpose = "sluice secrets at rest 1"
    /// Names of lines in `meta`, and what their secrets are bound to.
    static let check = "secretKeyCheck"
    static let tokenKey = "tokenKey"

    private let key: SealingKey
    private let place: String

    /// Binds a new database to its key, or checks that the key is the one that an older one is bound to.
    init(
        of writer: DatabaseQueue, key source: SecretKeySource, in folder: DataFolder, at now: Timestamp
    ) throws {
        let check = try writer.read { database in
            try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name = ?", arguments: [Self.check])
        }
        if let check {
            let found = try Self.find(opening: check, source, in: folder)
            // A rotation that was killed has left two keys: the one that the database is encrypted with stays.
            if found.isSuccessor { try source.succeed(at: now) } else { source.forgetSuccessor() }
            self = found.box
        } else {
            self = try SecretBox(secret: source.read(isNew: true), place: source.name)
            let sealed = try self.seal(Self.check, Self.check)
            try writer.write { database in
                try database.execute(
                    sql: "INSERT INTO meta (name, value) VALUES (?, ?)", arguments: [Self.check, sealed])
            }
        }
    }

    init(secret: [UInt8], place: String) throws(StorageError) {
        guard let key = SealingKey(derivedFrom: secret, purpose: Self.purpose) else {
            throw .malformedSecretKey(place: place)
        }
        self.key = key
        self.place = place
    }

    /// The key that a database is encrypted with: the given one, or the one that a killed rotation left beside it.
    ///
    /// Nothing is touched.
    static func find(
        opening check: String, _ source: SecretKeySource, in folder: DataFolder
    ) throws(StorageError) -> (box: SecretBox, isSuccessor: Bool) {
        let successor = try source.successor()
        do throws(StorageError) {
            let box = try SecretBox(secret: source.read(), place: source.name)
            if box.opens(check) { return (box, false) }
        } catch {
            if successor == nil { throw error }
        }
        if let successor {
            let box = try SecretBox(secret: successor, place: source.name)
            if box.opens(check) { return (box, true) }
        }
        let own = SecretKeySource(in: folder)
        if own.name != source.name, Self.isAny(try? own.read(), try? own.successor(), opening: check) {
            throw .secretKeyOfFolder(place: source.name, right: own.name)
        }
        throw .wrongSecretKey(place: source.name)
    }

    private static func isAny(_ secrets: [UInt8]?..., opening check: String) -> Bool {
        secrets.contains { secret in
            guard let secret, let box = try? SecretBox(secret: secret, place: "") else { return false }
            return box.opens(check)
        }
    }

    private func opens(_ check: String) -> Bool { self.open(check, Self.check) == Self.check }

    /// The document as it is stored.
    func sealed(_ resource: Resource) throws(StorageError) -> JSON {
        try self.sealed(resource.document, of: resource.key)
    }

    func sealed(_ document: JSON, of key: ResourceKey) throws(StorageError) -> JSON {
        let fields = key.kind.secretFields
        guard !fields.isEmpty, var members = document.objectValue else { return document }
        for field in fields {
            guard case .string(let text)? = members[field] else { continue }
            members[field] = ["sealed": .string(try self.seal(text, Self.context(key, field)))]
        }
        return .object(members)
    }

    /// The document as it was before it was stored.
    func opened(_ document: JSON, of key: ResourceKey) throws(StorageError) -> JSON {
        guard !key.kind.secretFields.isEmpty, var members = document.objectValue else { return document }
        for field in key.kind.secretFields {
            guard let sealed = members[field]?["sealed"]?.stringValue else { continue }
            guard let text = self.open(sealed, Self.context(key, field)) else {
                throw .refusedRow(
                    kind: key.kind.rawValue, name: key.name,
                    problem: "its \(field) was altered, or encrypted with another key than \(self.place)")
            }
            members[field] = .string(text)
        }
        return .object(members)
    }

    /// None of the parts holds a slash.
    private static func context(_ key: ResourceKey, _ field: String) -> String {
        "\(key.kind.rawValue)/\(key.name)/\(field)"
    }

    func seal(_ text: String, _ context: String) throws(StorageError) -> String {
        let nonce = randomBytes(SealingKey.nonceSize)
        guard let sealed = self.key.seal(Array(text.utf8), context: Array(context.utf8), nonce: nonce) else {
            throw .broken(problem: "a secret could not be encrypted")
        }
        return Data(sealed).base64EncodedString()
    }

    func open(_ sealed: String, _ context: String) -> String? {
        guard let bytes = [UInt8](base64: sealed) else { return nil }
        return self.key.open(bytes, context: Array(context.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }
}
