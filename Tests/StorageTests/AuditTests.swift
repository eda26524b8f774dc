import GatewayModel
import Storage
import Testing

@Suite("The audit")
struct AuditTests {
    private static func fill(_ database: ConfigurationDatabase) throws {
        _ = try database.load(newIdentity: "one", at: .start)
        for number in Int64(2)...6 {
            let stored = try StoredResource.upstream("u\(number)", order: number, version: number)
            try database.commit([VersionCommit(number, [.upsert(stored, replaced: nil)], message: "m\(number)")])
        }
    }

    private static func records(_ database: ConfigurationDatabase, _ filter: AuditFilter) async throws -> [Int64] {
        try await database.audit(filter, after: nil, limit: 100).map(\.sequence)
    }

    @Test("Every record continues the one before it")
    func chain() async throws {
        let folder = try TemporaryFolder()
        try folder.open(Self.fill)
        try await folder.whileOpen { database in
            let records = try await database.audit(AuditFilter(isAscending: true), after: nil, limit: 100)
            #expect(records.map(\.sequence) == [1, 2, 3, 4, 5])
            #expect(records.first?.previousHash == AuditRecord.beginning)
            for (before, after) in zip(records, records.dropFirst()) { #expect(after.previousHash == before.hash) }
            for record in records {
                let due = AuditRecord(record.entry, sequence: record.sequence, previousHash: record.previousHash)
                #expect(due == record)
            }
            #expect(try await database.firstAuditFault() == nil)
        }
    }

    @Test("Records come from either end, in pages, by actor and by action")
    func filters() async throws {
        let folder = try TemporaryFolder()
        try await folder.whileOpen { database in
            try Self.fill(database)
            try database.append(audit: AuditEntry.backup(by: "eve"))
            #expect(try await Self.records(database, AuditFilter(isAscending: false)) == [6, 5, 4, 3, 2, 1])
            #expect(try await Self.records(database, AuditFilter(isAscending: true, actor: "eve")) == [6])
            #expect(
                try await Self.records(database, AuditFilter(isAscending: true, action: "apply")) == [1, 2, 3, 4, 5])
            #expect(
                try await Self.records(database, AuditFilter(isAscending: true, actor: "eve", action: "apply")) == [])
            let page = try await database.audit(AuditFilter(isAscending: false), after: 4, limit: 2)
            #expect(page.map(\.sequence) == [3, 2])
        }
    }

    @Test("A record without a version is there after reopening, and the chain goes on behind it")
    func appends() async throws {
        let folder = try TemporaryFolder()
        try folder.open { database in
            try Self.fill(database)
            try database.append(audit: AuditEntry.backup(by: "eve"))
        }
        try await folder.whileOpen { database in
            try database.append(audit: AuditEntry.backup(by: "mallory"))
            #expect(try await database.firstAuditFault() == nil)
            #expect(
                try await database.audit(AuditFilter(isAscending: false), after: nil, limit: 1).map(\.sequence) == [7])
        }
    }

    @Test("An adoption and its record come together, and last")
    func adopts() async throws {
        let folder = try TemporaryFolder()
        try folder.open { database in
            try Self.fill(database)
            try database.adopt("other", AuditEntry.backup(by: "eve"))
            // A second time breaks a rule of the schema: no record either.
            #expect(throws: StorageError.self) { try database.adopt("other", AuditEntry.backup(by: "eve")) }
        }
        #expect(try folder.open { try $0.load(newIdentity: "one", at: .start) }.adoptions == ["other"])
        #expect(try await folder.whileOpen { try await Self.records($0, AuditFilter(isAscending: true)) }.count == 6)
    }
}

extension AuditEntry {
    static func backup(by actor: String) -> AuditEntry {
        AuditEntry(
            time: .start, actor: actor, role: "admin", action: "backup", subject: nil, source: "127.0.0.1",
            requestID: "r", versionBefore: 6, versionAfter: 6, message: nil)
    }
}
