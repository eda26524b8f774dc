import ControlProtocol
import GRDB

/// Brings a database to the newest schema, and refuses one whose history differs from ours.
struct Migrator {
    let migrations: [Migration]

    /// Applies what is missing, in order, each in one transaction with its own mark.
    func migrate(_ writer: DatabaseQueue, at now: Timestamp) throws {
        try writer.write { database in try database.execute(sql: Self.table) }
        let applied = try writer.read { database in
            try Row.fetchAll(database, sql: "SELECT name, checksum FROM migrations ORDER BY name")
        }
        try self.verify(applied.map { (name: $0["name"], checksum: $0["checksum"]) })
        for migration in self.migrations.dropFirst(applied.count) {
            try writer.write { database in
                try database.execute(sql: migration.sql)
                try database.execute(
                    sql: "INSERT INTO migrations (name, checksum, appliedAt) VALUES (?, ?, ?)",
                    arguments: [migration.name, Self.checksum(of: migration), now.milliseconds])
            }
        }
    }

    /// What the database has must be the beginning of what we have, byte for byte.
    private func verify(_ applied: [(name: String, checksum: String)]) throws(StorageError) {
        for (index, row) in applied.enumerated() {
            guard index < self.migrations.count, self.migrations[index].name == row.name else {
                throw .unknownMigration(name: row.name)
            }
            guard Self.checksum(of: self.migrations[index]) == row.checksum else {
                throw .editedMigration(name: row.name)
            }
        }
    }

    private static func checksum(of migration: Migration) -> String {
        contentDigestHeader(Array(migration.sql.utf8))
    }

    private static let table = """
        CREATE TABLE IF NOT EXISTS migrations (
            name      TEXT    NOT NULL PRIMARY KEY,
            checksum  TEXT    NOT NULL,
            appliedAt INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """
}
