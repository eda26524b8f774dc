package import GatewayModel
import GRDB

/// A resource that is not the same in two versions.
package struct StoredDifference: Sendable {
    package let key: ResourceKey
    /// `nil`: it was not there.
    package let before: StoredResource?
    package let after: StoredResource?
}

extension ConfigurationDatabase {
    /// What is different in version `target` from what it is in version `base`, in the order of the keys.
    ///
    /// Costs what the versions between the two have changed, not what they hold.
    ///
    /// - Throws: `prunedVersion` when one of them is no longer kept.
    package func differences(from base: Int64, to target: Int64) throws(StorageError) -> [StoredDifference] {
        do {
            return try self.writer.read { database in try self.keptDifferences(database, base, target) }
        } catch {
            throw StorageError(error)
        }
    }

    /// The same beside the writes instead of in turn with them.
    package func compare(_ base: Int64, _ target: Int64) async throws(StorageError) -> [StoredDifference] {
        try await self.read { database in try self.keptDifferences(database, base, target) }
    }

    private func keptDifferences(
        _ database: Database, _ base: Int64, _ target: Int64
    ) throws -> [StoredDifference] {
        let oldest = try Self.oldestVersion(database)
        guard min(base, target) >= oldest else {
            throw StorageError.prunedVersion(number: min(base, target), oldest: oldest)
        }
        return try self.differences(database, base, target)
    }

    private func differences(_ database: Database, _ base: Int64, _ target: Int64) throws -> [StoredDifference] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT * FROM resources WHERE fromVersion > ?1 AND fromVersion <= ?2
                UNION ALL
                SELECT * FROM resources WHERE toVersion > ?1 AND toVersion <= ?2 AND fromVersion <= ?1
                """, arguments: [min(base, target), max(base, target)])
        var sides: [ResourceKey: (before: StoredResource?, after: StoredResource?)] = [:]
        while let row = try rows.next() {
            let (isBefore, isAfter) = (Self.holds(row, at: base), Self.holds(row, at: target))
            // What came and went in between is in neither, and there may be much of it.
            guard isBefore || isAfter else { continue }
            let stored = try StoredResource(row: row, self.secrets)
            if isBefore { sides[stored.key, default: (nil, nil)].before = stored }
            if isAfter { sides[stored.key, default: (nil, nil)].after = stored }
        }
        return sides.filter { !Self.isSame($0.value.before, $0.value.after) }
            .map { StoredDifference(key: $0.key, before: $0.value.before, after: $0.value.after) }
            .sorted { $0.key < $1.key }
    }

    private static func holds(_ row: Row, at version: Int64) -> Bool {
        let (begin, end): (Int64, Int64?) = (row["fromVersion"], row["toVersion"])
        return begin <= version && end.map { version < $0 } ?? true
    }

    /// By what the digest is over: a rollback comes out at the digest of the version that it brings back.
    private static func isSame(_ before: StoredResource?, _ after: StoredResource?) -> Bool {
        guard let before, let after else { return before == nil && after == nil }
        return before.order == after.order && before.owner == after.owner
            && (before.resource.text == after.resource.text || Self.canonical(before) == Self.canonical(after))
    }

    private static func canonical(_ stored: StoredResource) -> [UInt8] {
        var writer = JSONWriter(style: .canonical)
        writer.writeCanonical(stored.resource.text)
        return writer.bytes
    }
}
