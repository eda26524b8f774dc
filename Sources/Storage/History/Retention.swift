import GRDB

/// How much of history can be brought back: the content of the last versions, and of all that are young enough.
///
/// The records of versions and the audit stay for ever whatever this says.
package struct Retention: Sendable, Hashable {
    package static let standard = Retention(versions: 1_000, milliseconds: 30 * 24 * 3_600_000)

    let versions: Int
    let milliseconds: Int64

    /// - Parameters:
    ///   - versions: at least one, the latest.
    ///   - milliseconds: how old a version may be and is kept all the same.
    package init(versions: Int, milliseconds: Int64) {
        self.versions = max(versions, 1)
        self.milliseconds = milliseconds
    }
}

extension ConfigurationDatabase {
    /// Gives up the content of versions that need not be kept, in a step so small that writers need not wait for it.
    ///
    /// - Parameter rows: how many rows a step takes away at most.
    /// - Returns: whether there is more to do.
    package func prune(
        _ retention: Retention, at now: Timestamp, rows: Int = 500
    ) throws(StorageError) -> Bool {
        do {
            let (oldest, horizon) = try self.writer.read { database in
                (try Self.oldestVersion(database), try Self.horizon(database, retention, at: now))
            }
            let taken = try self.writer.write { database in
                if horizon > oldest { try Self.moveOldest(to: horizon, in: database) }
                return try Self.takeAway(rows, endedBy: max(oldest, horizon), in: database)
            }
            self.noteCommitted(rows: taken)
            return taken == rows
        } catch {
            throw StorageError(error)
        }
    }

    /// The first version that must be kept.
    private static func horizon(_ database: Database, _ retention: Retention, at now: Timestamp) throws -> Int64 {
        let oldest = try Self.oldestVersion(database)
        let last = try Int64.fetchOne(
            database, sql: "SELECT number FROM versions ORDER BY number DESC LIMIT 1 OFFSET ?",
            arguments: [retention.versions - 1])
        guard let last, last > oldest else { return oldest }
        let young = try Int64.fetchOne(
            database,
            sql: """
                SELECT number FROM versions WHERE number >= ? AND number < ? AND createdAt >= ? ORDER BY number LIMIT 1
                """, arguments: [oldest, last, now.milliseconds - retention.milliseconds])
        return young ?? last
    }

    /// From here on nobody asks for older ones, however many of their rows are still there.
    private static func moveOldest(to version: Int64, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO meta (name, value) VALUES ('oldestVersion', ?1)
                ON CONFLICT (name) DO UPDATE SET value = ?1
                """, arguments: [String(version)])
    }

    private static func takeAway(_ rows: Int, endedBy version: Int64, in database: Database) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM resources WHERE (kind, name, fromVersion) IN
                    (SELECT kind, name, fromVersion FROM resources WHERE toVersion <= ? LIMIT ?)
                """, arguments: [version, rows])
        return database.changesCount
    }
}
