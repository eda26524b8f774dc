import GRDB

extension ConfigurationDatabase {
    /// Every token that was made and not revoked, expired ones as well.
    package func tokens() throws(StorageError) -> [StoredToken] {
        do {
            return try self.writer.read { database in
                try Row.fetchAll(database, sql: "SELECT * FROM tokens ORDER BY name").map(StoredToken.init(row:))
            }
        } catch {
            throw StorageError(error)
        }
    }

    /// Whether a token was taken back.
    package func isRevoked(tokenID id: String) throws(StorageError) -> Bool {
        do {
            return try self.writer.read { database in
                try Int.fetchOne(database, sql: "SELECT 1 FROM revokedTokens WHERE id = ?", arguments: [id]) != nil
            }
        } catch {
            throw StorageError(error)
        }
    }

    /// Whether nothing was ever written down about this database: nobody has worked with it yet.
    package func isUnused() throws(StorageError) -> Bool {
        do {
            return try self.writer.read { database in
                try Int.fetchOne(database, sql: "SELECT 1 FROM audit LIMIT 1") == nil
                    && Int.fetchOne(database, sql: "SELECT 1 FROM tokens LIMIT 1") == nil
            }
        } catch {
            throw StorageError(error)
        }
    }

    /// Makes a token good, and with the same commit revokes the one that has its name so far.
    ///
    /// - Parameter audit: `nil` for those that are made with the database.
    package func add(_ token: StoredToken, audit: AuditEntry?) throws(StorageError) {
        try self.changeTokens(audit) { database in
            let id = try String.fetchOne(database, sql: "SELECT id FROM tokens WHERE name = ?", arguments: [token.name])
            if let id { try Self.revoke(id, at: token.createdAt, in: database) }
            try token.insert(into: database)
        }
    }

    /// Revokes a token for ever.
    package func revoke(_ token: StoredToken, audit: AuditEntry) throws(StorageError) {
        try self.changeTokens(audit) { database in try Self.revoke(token.id, at: audit.time, in: database) }
    }

    private func changeTokens(_ audit: AuditEntry?, _ change: (Database) throws -> Void) throws(StorageError) {
        do {
            try self.writer.write { database in
                try change(database)
                try audit?.append(to: database)
            }
        } catch {
            throw StorageError(error)
        }
        self.noteCommitted(rows: 2)
    }

    static func revoke(_ id: String, at now: Timestamp, in database: Database) throws {
        try database.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [id])
        try database.execute(
            sql: "INSERT OR IGNORE INTO revokedTokens (id, revokedAt) VALUES (?, ?)", arguments: [id, now.milliseconds])
    }
}
