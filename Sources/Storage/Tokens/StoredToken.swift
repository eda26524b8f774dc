import GRDB

/// What is kept about a token; the token itself is kept nowhere.
package struct StoredToken: Sendable, Hashable {
    /// The claim `jti`: a token is good only while there is a row with this id.
    package let id: String
    package let name: String
    package let role: String
    /// What of the configuration it may change, as it was written; `nil` for everything.
    package let labelSelector: String?
    /// The name of the token that made it.
    package let createdBy: String
    package let createdAt: Timestamp
    /// `nil` when it does not expire.
    package let expiresAt: Timestamp?

    package init(
        id: String, name: String, role: String, labelSelector: String? = nil, createdBy: String, createdAt: Timestamp,
        expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.labelSelector = labelSelector
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    init(row: Row) {
        let expiry: Int64? = row["expiresAt"]
        self.init(
            id: row["id"], name: row["name"], role: row["role"], labelSelector: row["labelSelector"],
            createdBy: row["createdBy"], createdAt: Timestamp(milliseconds: row["createdAt"]),
            expiresAt: expiry.map(Timestamp.init(milliseconds:)))
    }

    func insert(into database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO tokens (id, name, role, labelSelector, createdBy, createdAt, expiresAt)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                self.id, self.name, self.role, self.labelSelector, self.createdBy, self.createdAt.milliseconds,
                self.expiresAt?.milliseconds,
            ])
    }
}
