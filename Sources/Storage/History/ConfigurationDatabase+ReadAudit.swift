import GRDB

/// Which audit records are wanted, and from which end.
package struct AuditFilter: Sendable {
    package let isAscending: Bool
    /// `nil`: all of them.
    package let actor: String?
    package let action: String?

    package init(isAscending: Bool, actor: String? = nil, action: String? = nil) {
        self.isAscending = isAscending
        self.actor = actor
        self.action = action
    }
}

extension ConfigurationDatabase {
    /// Audit records in the order of the filter.
    ///
    /// - Parameter after: the sequence to go on behind; `nil` begins at the end that the order begins with.
    package func audit(
        _ filter: AuditFilter, after: Int64?, limit: Int
    ) async throws(StorageError) -> [AuditRecord] {
        let (comparison, order, start): (String, String, Int64) =
            filter.isAscending ? (">", "ASC", 0) : ("<", "DESC", .max)
        return try await self.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM audit
                    WHERE sequence \(comparison) ?1 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR action = ?3)
                    ORDER BY sequence \(order) LIMIT ?4
                    """, arguments: [after ?? start, filter.actor, filter.action, limit]
            ).map(AuditRecord.init(row:))
        }
    }
}
