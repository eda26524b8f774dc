import GRDB

extension AuditEntry {
    /// Continues the chain, in the transaction that does what the entry says.
    func append(to database: Database) throws {
        let last = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1"))
        let record = AuditRecord(
            self, sequence: (last?["sequence"] ?? 0) + 1, previousHash: last?["hash"] ?? AuditRecord.beginning)
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO audit (sequence, time, actor, role, action, subject, source, requestId, versionBefore,
                    versionAfter, message, previousHash, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            record.sequence, self.time.milliseconds, self.actor, self.role, self.action, self.subject, self.source,
            self.requestID, self.versionBefore, self.versionAfter, self.message, record.previousHash, record.hash,
        ])
    }
}

extension AuditRecord {
    init(row: Row) {
        let entry = AuditEntry(
            time: Timestamp(milliseconds: row["time"]), actor: row["actor"], role: row["role"], action: row["action"],
            subject: row["subject"], source: row["source"], requestID: row["requestId"],
            versionBefore: row["versionBefore"], versionAfter: row["versionAfter"], message: row["message"])
        self.init(entry, sequence: row["sequence"], previousHash: row["previousHash"], hash: row["hash"])
    }
}
