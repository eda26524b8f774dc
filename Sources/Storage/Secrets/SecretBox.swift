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
    init(of writer: DatabaseQueue, key source: SecretKeySource) throws {
        let check = try writer.read { database in
            try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name = ?", arguments: [Self.check])
        }
        if let check {
            self = try Self.box(opening: check, source)
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

    /// A rotation that was killed has left two keys. The database says which one it is encrypted with: that one stays.
    private static func box(opening check: String, _ source: SecretKeySource) throws(StorageError) -> SecretBox {
        let successor = try source.successor()
        do throws(StorageError) {
            let box = try SecretBox(secret: source.read(), place: source.name)
            if box.open(check, Self.check) == Self.check {
                if successor != nil { source.forgetSuccessor() }
                return box
            }
        } catch {
            if successor == nil { throw error }
        }
        if let successor {
            let box = try SecretBox(secret: successor, place: source.name)
            if box.open(check, Self.check) == Self.check {
                try source.succeed()
                return box
            }
        }
        throw .wrongSecretKey(place: source.name)
    }

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
