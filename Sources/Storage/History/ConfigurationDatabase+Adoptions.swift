import GRDB

extension ConfigurationDatabase {
    /// Notes that the replicas of another control plane follow this one from here on.
    package func adopt(_ identity: String, _ entry: AuditEntry) throws(StorageError) {
        try self.append(audit: entry) { database in
            try database.execute(
                sql: "INSERT INTO adoptions (identity, adoptedAt) VALUES (?, ?)",
                arguments: [identity, entry.time.milliseconds])
        }
    }
}
