import GRDB

/// Recomputes the chain of the audit records.
enum AuditChain {
    /// - Returns: the first sequence at which a record was altered, taken out or put in; `nil` when the chain holds.
    static func firstFault(in database: Database) throws -> Int64? {
        var (sequence, previous): (Int64, String) = (1, AuditRecord.beginning)
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY sequence")
        while let row = try rows.next() {
            let stored = AuditRecord(row: row)
            let due = AuditRecord(stored.entry, sequence: sequence, previousHash: previous)
            guard stored == due else { return sequence }
            (sequence, previous) = (sequence + 1, due.hash)
        }
        return nil
    }
}

extension ConfigurationDatabase {
    /// The first sequence at which the audit is not what it was when it was written; `nil` when all of it holds.
    package func firstAuditFault() async throws(StorageError) -> Int64? {
        try await self.read { database in try AuditChain.firstFault(in: database) }
    }
}
