import Foundation
import GatewayModel
import GRDB

extension ConfigurationDatabase {
    /// Encrypts with another key whatever is secret in any version that is kept, and the key that tokens are signed with:
    /// all of it in one transaction with its audit record, or none.
    ///
    /// The database is to be closed after it. Nothing else changes: versions, digests and tokens stay what they were.
    ///
    /// - Returns: how many secrets there were.
    package func encrypt(with source: SecretKeySource, at now: Timestamp) throws(StorageError) -> Int {
        do {
            let fresh = try SecretBox(secret: source.read(), place: source.name)
            guard try fresh.open(self.secrets.seal(SecretBox.check, SecretBox.check), SecretBox.check) == nil else {
                throw StorageError.sameSecretKey(place: source.name)
            }
            let count = try self.writer.write { database in
                let count = try self.encryptResources(with: fresh, in: database)
                try self.encryptMeta(with: fresh, in: database)
                let version = try Int64.fetchOne(database, sql: "SELECT max(number) FROM versions") ?? 0
                try Self.audit(count, version, at: now).append(to: database)
                return count
            }
            return count
        } catch {
            throw StorageError(error)
        }
    }

    /// Takes what the old key could still open out of the files: freed pages and the WAL.
    package func compact() throws(StorageError) {
        do {
            try self.writer.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM")
                _ = try database.checkpoint(.truncate)
            }
        } catch {
            throw StorageError(error)
        }
    }

    private func encryptResources(with fresh: SecretBox, in database: Database) throws -> Int {
        var count = 0
        for kind in ResourceKind.allCases where !kind.secretFields.isEmpty {
            let rows = try Row.fetchAll(
                database, sql: "SELECT name, fromVersion FROM resources WHERE kind = ?", arguments: [kind.rawValue])
            for row in rows {
                let key = ResourceKey(kind: kind, name: row["name"])
                count += try self.encrypt(key, row["fromVersion"], with: fresh, in: database)
            }
        }
        return count
    }

    /// One row at a time: documents can be large, and there may be many.
    private func encrypt(
        _ key: ResourceKey, _ version: Int64, with fresh: SecretBox, in database: Database
    ) throws -> Int {
        let place: StatementArguments = [key.kind.rawValue, key.name, version]
        let text = try String.fetchOne(
            database, sql: "SELECT document FROM resources WHERE kind = ? AND name = ? AND fromVersion = ?",
            arguments: place)
        guard let text else { return 0 }
        let opened = try self.secrets.opened(JSON(parsing: Array(text.utf8)), of: key)
        let sealed = try fresh.sealed(opened, of: key)
        try database.execute(
            sql: "UPDATE resources SET document = ? WHERE kind = ? AND name = ? AND fromVersion = ?",
            arguments: [sealed.text()] + place)
        return key.kind.secretFields.filter { opened[$0]?.stringValue != nil }.count
    }

    private func encryptMeta(with fresh: SecretBox, in database: Database) throws {
        for name in [SecretBox.check, SecretBox.tokenKey] {
            let sealed = try String.fetchOne(
                database, sql: "SELECT value FROM meta WHERE name = ?", arguments: [name])
            guard let sealed else { continue }
            guard let text = self.secrets.open(sealed, name) else {
                throw StorageError.broken(problem: "the line \(name) of meta was altered")
            }
            try database.execute(
                sql: "UPDATE meta SET value = ? WHERE name = ?", arguments: [try fresh.seal(text, name), name])
        }
    }

    private static func audit(_ count: Int, _ version: Int64, at now: Timestamp) -> AuditEntry {
        AuditEntry(
            time: now, actor: "sluice-control", role: "system", action: "key.rotate", subject: nil, source: "local",
            requestID: "rotate-key", versionBefore: version, versionAfter: version,
            message: "\(count) secrets are encrypted with another key")
    }
}
