import GatewayModel
import GRDB

extension ConfigurationDatabase {
    /// Makes all of `commits` durable in one transaction together with their audit records, or none of them.
    ///
    /// Several writes that waited together share one fsync; each is a version of its own all the same.
    package func commit(_ commits: [VersionCommit]) throws(StorageError) {
        do {
            try self.writer.write { database in
                for commit in commits { try self.write(commit, to: database) }
            }
        } catch {
            throw StorageError(error)
        }
        self.noteCommitted(rows: commits.reduce(0) { $0 + $1.changes.count })
    }

    private func write(_ commit: VersionCommit, to database: Database) throws {
        try commit.version.insert(into: database)
        for change in commit.changes { try self.write(change, at: commit.version.number, to: database) }
        try commit.audit.append(to: database)
    }

    private func write(_ change: ResourceChange, at version: Int64, to database: Database) throws {
        switch change {
        case .upsert(let stored, let replaced):
            if let replaced { try Self.end(stored.key, from: replaced, at: version, in: database) }
            try stored.insert(document: self.text(of: stored.resource), into: database)
        case .delete(let key, let replaced):
            try Self.end(key, from: replaced, at: version, in: database)
        }
    }

    /// As it is stored.
    private func text(of resource: Resource) throws -> String {
        guard resource.key.kind.secretFields.isEmpty else { return try self.secrets.sealed(resource).text() }
        return String(decoding: resource.text, as: UTF8.self)
    }

    /// A row that is not there would leave a deleted resource alive: nothing is committed then.
    private static func end(_ key: ResourceKey, from begin: Int64, at version: Int64, in database: Database) throws {
        try database.cachedStatement(
            sql: "UPDATE resources SET toVersion = ? WHERE kind = ? AND name = ? AND fromVersion = ?"
        ).execute(arguments: [version, key.kind.rawValue, key.name, begin])
        guard database.changesCount == 1 else {
            throw StorageError.broken(problem: "\(key) has no row that begins with version \(begin)")
        }
    }
}
