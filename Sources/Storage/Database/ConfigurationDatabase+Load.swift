import ControlProtocol
import GatewayModel
import GRDB

/// Everything that a control plane starts from.
package struct StoredState: Sendable {
    /// A random id made with the database.
    package let identity: String
    package let latest: VersionRecord
    package let resources: [StoredResource]
    /// Oldest first, without a gap, up to the latest version.
    package let changes: [VersionChanges]
    /// Digests of the versions that deltas can start from.
    package let digests: [Int64: String]
}

extension ConfigurationDatabase {
    /// Reads the whole content. In a new database this first makes version 1, which is empty.
    ///
    /// - Parameter newIdentity: the identity that a new database gets.
    package func load(newIdentity: String, at now: Timestamp) throws(StorageError) -> StoredState {
        do {
            try self.writer.write { database in
                try Self.begin(database, identity: newIdentity, at: now)
            }
            return try self.writer.read(self.state)
        } catch {
            throw StorageError(error)
        }
    }

    private static func begin(_ database: Database, identity: String, at now: Timestamp) throws {
        guard try Int.fetchOne(database, sql: "SELECT 1 FROM meta WHERE name = 'identity'") == nil else { return }
        try database.execute(sql: "INSERT INTO meta (name, value) VALUES ('identity', ?)", arguments: [identity])
        let digest = SnapshotContent(identity: identity).digest
        let first = VersionRecord(
            number: 1, parent: nil, digest: digest, author: "sluice-control", message: "Made with the database",
            createdAt: now, counts: [:])
        try first.insert(into: database)
    }

    private func state(_ database: Database) throws -> StoredState {
        let identity = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'identity'")
        let latest = try Row.fetchOne(database, sql: "SELECT * FROM versions ORDER BY number DESC LIMIT 1")
        guard let identity, let latest else { throw StorageError.broken(problem: "identity or versions are missing") }
        return StoredState(
            identity: identity, latest: VersionRecord(row: latest),
            resources: try Row.fetchAll(database, sql: "SELECT * FROM resources").map { row in
                try StoredResource(row: row, self.secrets)
            },
            changes: try Self.changes(database), digests: try Self.digests(database))
    }

    private static func changes(_ database: Database) throws -> [VersionChanges] {
        let rows = try Row.fetchCursor(database, sql: "SELECT version, kind, name FROM changes ORDER BY version")
        var versions: [(version: Int64, keys: [ResourceKey])] = []
        while let row = try rows.next() {
            let version: Int64 = row["version"]
            if versions.last?.version != version { versions.append((version, [])) }
            versions[versions.count - 1].keys.append(try ResourceKey(row: row))
        }
        return versions.map { VersionChanges(version: $0.version, keys: $0.keys) }
    }

    /// Only versions at and after the one before the oldest kept change can be the start of a delta.
    private static func digests(_ database: Database) throws -> [Int64: String] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT number, digest FROM versions
                WHERE number >= coalesce((SELECT min(version) - 1 FROM changes), (SELECT max(number) FROM versions))
                """)
        return Dictionary(rows.map { ($0["number"], $0["digest"]) }, uniquingKeysWith: { first, _ in first })
    }
}
