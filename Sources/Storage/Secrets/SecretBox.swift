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
        let secret = try source.read(isNew: check == nil)
        guard let key = SealingKey(derivedFrom: secret, purpose: Self.purpose) else {
            throw StorageError.malformedSecretKey(place: source.name)
        }
        self.key = key
        self.place = source.name
        if let check {
            guard self.open(check, Self.check) == Self.check else {
                throw StorageError.wrongSecretKey(place: source.name)
            }
        } else {
            let sealed = try self.seal(Self.check, Self.check)
            try writer.write { database in
                try database.execute(
                    sql: "INSERT INTO meta (name, value) VALUES (?, ?)", arguments: [Self.check, sealed])
            }
        }
    }

    /// The document as it is stored.
    func sealed(_ resource: Resource) throws(StorageError) -> JSON {
        let fields = resource.key.kind.secretFields
        guard !fields.isEmpty, var members = resource.document.objectValue else { return resource.document }
        for field in fields {
            guard case .string(let text)? = members[field] else { continue }
            members[field] = ["sealed": .string(try self.seal(text, Self.context(resource.key, field)))]
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
