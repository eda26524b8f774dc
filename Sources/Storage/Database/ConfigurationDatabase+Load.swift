import GatewayModel
import ControlProtocol
import GRDB

/// Everything that a control plane starts from.
package struct StoredState: Sendable {
    /// A random id made with the database.
    package let identity: String
    package let latest: VersionRecord
    package let resources: [StoredResource]
    /// The position that the next resource gets: no position is ever used twice, for a rollback brings old ones back.
    package let nextOrder: Int64
    /// Of the last versions, oldest first, up to the latest one.
    package let changes: [VersionChanges]
    /// Digests of the versions that deltas can start from.
    package let digests: [Int64: String]
    /// Other control planes' identities whose replicas follow this one.
    package let adoptions: Set<String>
}

extension ConfigurationDatabase {
    /// Reads the latest content. In a new database this first makes version 1, which is empty.
    ///
    /// - Parameters:
    ///   - newIdentity: the identity that a new database gets.
    ///   - versions: of how many versions the changes are wanted.
    package func load(
        newIdentity: String, changesOf versions: Int = 1_000, at now: Timestamp
    ) throws(StorageError) -> StoredState {
        do {
            try self.writer.write { database in
                try Self.begin(database, identity: newIdentity, at: now)
            }
            return try self.writer.read { database in try self.state(database, changesOf: versions) }
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

    private func state(_ database: Database, changesOf versions: Int) throws -> StoredState {
        let identity = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'identity'")
        let latest = try Row.fetchOne(database, sql: "SELECT * FROM versions ORDER BY number DESC LIMIT 1")
        guard let identity, let latest else { throw StorageError.broken(problem: "identity or versions are missing") }
        let digests = try self.digests(database, limit: versions + 1)
        let base = digests.keys.min() ?? 0
        var resources: [StoredResource] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM resources WHERE toVersion IS NULL")
        while let row = try rows.next() { resources.append(try StoredResource(row: row, self.secrets)) }
        return StoredState(
            identity: identity, latest: VersionRecord(row: latest),
            resources: resources,
            nextOrder: (try Int64.fetchOne(database, sql: "SELECT max(position) FROM resources") ?? 0) + 1,
            changes: try Self.changes(database, of: digests.keys.filter { $0 > base }.sorted(), after: base),
            digests: digests, adoptions: try String.fetchSet(database, sql: "SELECT identity FROM adoptions"))
    }

    private static func changes(
        _ database: Database, of versions: [Int64], after base: Int64
    ) throws -> [VersionChanges] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT fromVersion AS version, kind, name FROM resources WHERE fromVersion > ?1
                UNION
                SELECT toVersion, kind, name FROM resources WHERE toVersion > ?1
                """, arguments: [base])
        var keys: [Int64: [ResourceKey]] = [:]
        while let row = try rows.next() { keys[row["version"], default: []].append(try ResourceKey(row: row)) }
        return versions.map { VersionChanges(version: $0, keys: keys[$0] ?? []) }
    }

    /// Of the last versions, none of which was pruned.
    private func digests(_ database: Database, limit: Int) throws -> [Int64: String] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT number, digest FROM versions WHERE number >= ? ORDER BY number DESC LIMIT ?",
            arguments: [try Self.oldestVersion(database), limit])
        return Dictionary(rows.map { ($0["number"], $0["digest"]) }, uniquingKeysWith: { first, _ in first })
    }

    /// The first version whose content is kept whole.
    static func oldestVersion(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'oldestVersion'") ?? 1
    }
}
