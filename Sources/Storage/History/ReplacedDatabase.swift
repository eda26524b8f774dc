import Foundation
import GRDB

/// What a restored database takes over from the one whose place it takes.
struct ReplacedDatabase: Sendable {
    let version: Int64
    /// The hash of the last audit record.
    let lastHash: String
    private let revocations: [Revocation]

    private struct Revocation: Sendable {
        let id: String
        let time: Timestamp
    }

    /// Moves the WAL that a killed control plane has left into its database first: from then on one file is all of it.
    ///
    /// - Returns: `nil` when there is no database, or one that is too damaged to be read.
    static func read(_ path: String) throws(StorageError) -> ReplacedDatabase? {
        guard access(path, F_OK) == 0 else { return nil }
        do {
            let database = try DatabaseQueue(path: path)
            try database.writeWithoutTransaction { database in _ = try database.checkpoint(.truncate) }
            let replaced = try database.read { database in try Self(in: database) }
            try database.close()
            return replaced
        } catch let error as DatabaseError where Self.isDamage(error.resultCode) {
            return nil
        } catch {
            throw StorageError(error)
        }
    }

    private init(in database: Database) throws {
        self.version = try Int64.fetchOne(database, sql: "SELECT max(number) FROM versions") ?? 0
        self.lastHash =
            try String.fetchOne(database, sql: "SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1")
            ?? AuditRecord.beginning
        self.revocations = try Row.fetchAll(database, sql: "SELECT id, revokedAt FROM revokedTokens").map { row in
            Revocation(id: row["id"], time: Timestamp(milliseconds: row["revokedAt"]))
        }
    }

    /// Tokens that were taken back since the backup stay so.
    func revokeTokens(in database: Database) throws {
        for each in self.revocations { try ConfigurationDatabase.revoke(each.id, at: each.time, in: database) }
    }

    /// `SQLITE_ERROR`: it lacks a table.
    private static func isDamage(_ code: ResultCode) -> Bool {
        [.SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR].contains(code)
    }
}
