import GRDB

extension ConfigurationDatabase {
    /// The record of one version, whether its content is kept or not; `nil` when there never was such a version.
    package func version(_ number: Int64) async throws(StorageError) -> VersionRecord? {
        try await self.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM versions WHERE number = ?", arguments: [number])
                .map(VersionRecord.init(row:))
        }
    }

    /// The records of versions, the newest first.
    ///
    /// - Parameter before: only older ones than this; `nil` begins with the newest.
    package func versions(before: Int64?, limit: Int) async throws(StorageError) -> [VersionRecord] {
        try await self.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM versions WHERE number < ? ORDER BY number DESC LIMIT ?",
                arguments: [before ?? Int64.max, limit]
            ).map(VersionRecord.init(row:))
        }
    }

    /// Reads what is durable, beside the writes.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(StorageError) -> Result {
        do {
            return try await self.reader.read(body)
        } catch {
            throw StorageError(error)
        }
    }
}
