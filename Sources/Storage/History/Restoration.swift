import Foundation
import GRDB

/// Puts a backup in the place of a data folder's database, while no control plane works on it.
package struct Restoration: Sendable {
    /// What was restored, for whoever asked for it.
    package struct Report: Sendable {
        package let identity: String
        package let version: VersionRecord
        /// Where the database is that was there before; `nil` when there was none.
        package let replaced: String?
        /// Whether tokens that were revoked since the backup stay so; `false` when there was no database that could tell.
        package let keepsRevocations: Bool
        /// The first audit record that is not what it was when it was written.
        package let auditFault: Int64?
    }

    let folder: DataFolder
    let key: SecretKeySource

    package init(of folder: DataFolder, key: SecretKeySource) {
        self.folder = folder
        self.key = key
    }

    /// Checks the backup before anything is touched: that it is one, that nothing in it is damaged, that this program
    /// knows its schema (an older one is brought up to date), and that the secret key opens what it holds.
    ///
    /// Whenever it ends, even in the middle, the folder has the old database or the new one, each whole.
    package func restore(from path: String, at now: Timestamp) throws(StorageError) -> Report {
        let lease = try Lease(of: self.folder, at: now)
        defer { withExtendedLifetime(lease) {} }
        let copy = FileReplacement(of: self.folder.database)
        defer { copy.discard() }
        try copy.fill(from: path)
        let (identity, version, auditFault) = try self.examine(copy.path, from: path, at: now)
        let old = try ReplacedDatabase.read(self.folder.database)
        try Self.complete(copy.path, version.number, from: old, at: now)
        try SecretKeySource(in: self.folder).keepSuccessor(at: now)
        let replaced = try copy.replace(keepingOldAs: self.folder.database + ".replaced-\(now.milliseconds)")
        return Report(
            identity: identity, version: version, replaced: replaced, keepsRevocations: old != nil,
            auditFault: auditFault)
    }

    /// Writes into the copy what the database knows that it replaces, and that it was restored.
    private static func complete(
        _ copy: String, _ version: Int64, from old: ReplacedDatabase?, at now: Timestamp
    ) throws(StorageError) {
        let before = old.map { "; the audit that it replaces ended with \($0.lastHash)" } ?? ""
        let entry = AuditEntry(
            time: now, actor: "sluice-control", role: "system", action: "restore", subject: "version \(version)",
            source: "local", requestID: "restore", versionBefore: old?.version ?? version, versionAfter: version,
            message: "A backup takes the place of the database\(before)")
        do {
            let database = try DatabaseQueue(path: copy)
            try database.write { database in
                try old?.revokeTokens(in: database)
                try entry.append(to: database)
            }
            try database.close()
        } catch {
            throw StorageError(error)
        }
    }

    private func examine(
        _ copy: String, from path: String, at now: Timestamp
    ) throws(StorageError) -> (identity: String, version: VersionRecord, auditFault: Int64?) {
        do {
            var settings = Configuration()
            settings.foreignKeysEnabled = true
            let database = try DatabaseQueue(path: copy, configuration: settings)
            try database.writeWithoutTransaction { database in try database.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            try database.read { database in try Self.checkIntegrity(database, path) }
            try Migrator(migrations: Migration.released).migrate(database, at: now)
            try self.checkKey(of: database, path)
            let found = try database.read { database in
                (
                    try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'identity'"),
                    try Row.fetchOne(database, sql: "SELECT * FROM versions ORDER BY number DESC LIMIT 1"),
                    try AuditChain.firstFault(in: database)
                )
            }
            try database.close()
            guard let identity = found.0, let version = found.1 else { throw Self.foreign(path) }
            return (identity, VersionRecord(row: version), found.2)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
            throw Self.foreign(path)
        } catch {
            throw StorageError(error)
        }
    }

    /// Only looks: what a killed rotation has left belongs to the database of the folder.
    private func checkKey(of database: DatabaseQueue, _ path: String) throws {
        let check = try database.read { database in
            try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name = ?", arguments: [SecretBox.check])
        }
        guard let check else { throw Self.foreign(path) }
        _ = try SecretBox.find(opening: check, self.key, in: self.folder)
    }

    private static func checkIntegrity(_ database: Database, _ path: String) throws {
        let tables = try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM sqlite_schema WHERE name IN ('migrations', 'meta', 'versions', 'audit')")
        guard tables == 4 else { throw Self.foreign(path) }
        let faults = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
        let dangling = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").count
        guard faults == ["ok"], dangling == 0 else {
            let problem =
                faults == ["ok"] ? "\(dangling) rows refer to what is not there" : faults.joined(separator: "; ")
            throw StorageError.unusableBackup(path: path, problem: "it is damaged: \(problem)")
        }
    }

    private static func foreign(_ path: String) -> StorageError {
        .unusableBackup(path: path, problem: "it is no database of a control plane")
    }
}
