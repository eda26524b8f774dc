import GRDB

extension ConfigurationDatabase {
    /// Does something that is no version, and writes down who did it: both in one transaction, or neither.
    ///
    /// - Parameter body: what is done; when it throws there is no record either.
    func append<Result>(
        audit entry: AuditEntry, rows: Int = 1, doing body: (Database) throws -> Result
    ) throws(StorageError) -> Result {
        do {
            let result = try self.writer.write { database in
                let result = try body(database)
                try entry.append(to: database)
                return result
            }
            self.noteCommitted(rows: rows)
            return result
        } catch {
            throw StorageError(error)
        }
    }

    /// Writes down something that changes nothing here, such as a backup that was taken.
    package func append(audit entry: AuditEntry) throws(StorageError) { try self.append(audit: entry) { _ in } }
}
