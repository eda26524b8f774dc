import GatewayModel
import GRDB

extension ConfigurationDatabase {
    /// Makes all of `commits` durable in one transaction, or none of them.
    ///
    /// Several writes that waited together share one fsync; each is a version of its own all the same.
    ///
    /// - Parameter oldestKept: changes of versions before this one are dropped.
    package func commit(_ commits: [VersionCommit], keepingChangesSince oldestKept: Int64) throws(StorageError) {
        do {
            try self.writer.write { database in
                for commit in commits { try self.write(commit, to: database) }
                try database.cachedStatement(sql: "DELETE FROM changes WHERE version < ?")
                    .execute(arguments: [oldestKept])
            }
        } catch {
            throw StorageError(error)
        }
        self.noteCommitted(rows: commits.reduce(0) { $0 + $1.changes.count })
    }

    private func write(_ commit: VersionCommit, to database: Database) throws {
        try commit.version.insert(into: database)
        let remember = try database.cachedStatement(
            sql: "INSERT INTO changes (version, kind, name, document) VALUES (?, ?, ?, ?)")
        for change in commit.changes {
            let document = try self.write(change, to: database)
            try remember.execute(arguments: [
                commit.version.number, change.key.kind.rawValue, change.key.name, document,
            ])
        }
    }

    /// - Returns: the document as stored, `nil` for a deletion.
    private func write(_ change: ResourceChange, to database: Database) throws -> String? {
        switch change {
        case .upsert(let stored):
            let document = try self.secrets.sealed(stored.resource).text()
            try stored.upsert(document: document, into: database)
            return document
        case .delete(let key):
            try database.cachedStatement(sql: "DELETE FROM resources WHERE kind = ? AND name = ?")
                .execute(arguments: [key.kind.rawValue, key.name])
            return nil
        }
    }
}
