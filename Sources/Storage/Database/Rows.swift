import GatewayModel
import GRDB

// How records become rows and rows records.

extension ResourceKey {
    init(row: Row) throws(StorageError) {
        let name: String = row["name"]
        let text: String = row["kind"]
        guard let kind = ResourceKind(rawValue: text) else {
            throw .refusedRow(kind: text, name: name, problem: "this program knows no such kind")
        }
        self.init(kind: kind, name: name)
    }
}

extension StoredResource {
    init(row: Row, _ secrets: SecretBox) throws(StorageError) {
        let key = try ResourceKey(row: row)
        self.init(
            resource: try Self.resource(key, document: row["document"], secrets), order: row["position"],
            owner: row["owner"], createdVersion: row["createdVersion"], updatedVersion: row["fromVersion"],
            createdAt: Timestamp(milliseconds: row["createdAt"]), updatedAt: Timestamp(milliseconds: row["updatedAt"]))
    }

    private static func resource(_ key: ResourceKey, document: String, _ secrets: SecretBox) throws(StorageError)
        -> Resource
    {
        do {
            let document = try secrets.opened(JSON(parsing: document), of: key)
            return try Resource(kind: key.kind, name: key.name, document: document)
        } catch let error as StorageError {
            throw error
        } catch {
            throw .refusedRow(kind: key.kind.rawValue, name: key.name, problem: "\(error)")
        }
    }

    /// A row that begins with the version that changed the resource and has no end.
    func insert(document: String, into database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO resources
                    (kind, name, fromVersion, document, owner, position, createdVersion, createdAt, updatedAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            self.key.kind.rawValue, self.key.name, self.updatedVersion, document, self.owner, self.order,
            self.createdVersion, self.createdAt.milliseconds, self.updatedAt.milliseconds,
        ])
    }
}

extension VersionRecord {
    init(row: Row) {
        self.init(
            number: row["number"], parent: row["parent"], rollbackOf: row["rollbackOf"], digest: row["digest"],
            author: row["author"], message: row["message"], createdAt: Timestamp(milliseconds: row["createdAt"]),
            counts: Self.counts(row["counts"]))
    }

    func insert(into database: Database) throws {
        let counts = self.counts.map { "\"\($0.key.rawValue)\":\($0.value)" }.sorted().joined(separator: ",")
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO versions (number, parent, rollbackOf, digest, author, message, createdAt, counts)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            self.number, self.parent, self.rollbackOf, self.digest, self.author, self.message,
            self.createdAt.milliseconds,
            "{\(counts)}",
        ])
    }

    private static func counts(_ text: String) -> [ResourceKind: Int] {
        guard let members = (try? JSON(parsing: text))?.objectValue?.members else { return [:] }
        var counts: [ResourceKind: Int] = [:]
        for (name, value) in members {
            guard let kind = ResourceKind(rawValue: name), let count = value.integerValue else { continue }
            counts[kind] = Int(count)
        }
        return counts
    }
}
