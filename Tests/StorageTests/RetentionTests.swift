import Foundation
import GatewayModel
import Storage
import Testing

@Suite("What history keeps and what it gives up")
struct RetentionTests {
    private static let orders = ResourceKey(kind: .upstream, name: "orders")

    /// Version 2 makes `orders`; every later one gives it another port.
    private static func write(_ versions: ClosedRange<Int64>, to database: ConfigurationDatabase) throws {
        for version in versions {
            let fresh = try StoredResource.upstream("orders", order: 1, version: version, port: 1000 + version)
            let stored = StoredResource(
                resource: fresh.resource, order: 1, createdVersion: 2, updatedVersion: version, createdAt: .start,
                updatedAt: .start)
            try database.commit([
                VersionCommit(version, [.upsert(stored, replaced: version == 2 ? nil : version - 1)], at: version)
            ])
        }
    }

    private static func pruneAll(
        _ database: ConfigurationDatabase, _ retention: Retention, at now: Int64 = 1_000
    ) throws {
        while try database.prune(retention, at: .minutes(now), rows: 3) {}
    }

    @Test("The content of the last versions is kept, of older ones no longer")
    func keepsTheLast() throws {
        let folder = try TemporaryFolder()
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try Self.write(2...20, to: database)
            try Self.pruneAll(database, Retention(versions: 5, milliseconds: 0))
            #expect(try database.differences(from: 20, to: 16).count == 1)
            #expect(throws: StorageError.prunedVersion(number: 15, oldest: 16)) {
                try database.differences(from: 20, to: 15)
            }
            #expect(throws: StorageError.prunedVersion(number: 1, oldest: 16)) {
                try database.differences(from: 1, to: 20)
            }
        }
    }

    @Test("A version that is young enough is kept however many came after it")
    func keepsTheYoung() throws {
        let folder = try TemporaryFolder()
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try Self.write(2...20, to: database)
            try Self.pruneAll(database, Retention(versions: 2, milliseconds: 10 * 60_000), at: 20)
            #expect(try database.differences(from: 20, to: 10).count == 1)
            #expect(throws: StorageError.prunedVersion(number: 9, oldest: 10)) {
                try database.differences(from: 20, to: 9)
            }
        }
    }

    @Test("What is served, its records and the changes that deltas need are there after pruning and reopening")
    func reopens() async throws {
        let folder = try TemporaryFolder()
        let before = try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try Self.write(2...20, to: database)
            return try database.load(newIdentity: "one", at: .start)
        }
        try folder.open { try Self.pruneAll($0, Retention(versions: 5, milliseconds: 0)) }
        let after = try folder.open { try $0.load(newIdentity: "one", at: .start) }
        #expect(after.resources == before.resources && after.latest == before.latest)
        #expect(after.nextOrder == before.nextOrder)
        #expect(after.digests.keys.sorted() == Array(16...20))
        #expect(after.changes == before.changes.filter { $0.version > 16 })
        let (versions, audit) = try await folder.whileOpen { database in
            (
                try await database.versions(before: nil, limit: 100),
                try await database.audit(AuditFilter(isAscending: true), after: nil, limit: 100)
            )
        }
        #expect(versions.count == 20 && audit.count == 19)
    }

    @Test("Rolling back and forth meets no gap, whatever was pruned before")
    func differencesHold() throws {
        let folder = try TemporaryFolder()
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try Self.write(2...9, to: database)
            try database.commit([VersionCommit(10, [.delete(Self.orders, replaced: 9)], at: 10)])
            let expected = try (5...10).map { try database.differences(from: 10, to: Int64($0)).map(\.after) }
            try Self.pruneAll(database, Retention(versions: 6, milliseconds: 0))
            #expect(try (5...10).map { try database.differences(from: 10, to: Int64($0)).map(\.after) } == expected)
        }
    }

    @Test("With nothing to give up nothing is done")
    func idle() throws {
        let folder = try TemporaryFolder()
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try Self.write(2...4, to: database)
            #expect(try !database.prune(Retention(versions: 10, milliseconds: 0), at: .minutes(1_000)))
            #expect(try database.differences(from: 4, to: 1).count == 1)
        }
    }

    @Test("A version costs what it changes, not what there is")
    func growsByChanges() throws {
        let folder = try TemporaryFolder()
        let count: Int64 = 2_000
        let first = try (1...count).map { number in
            ResourceChange.upsert(try StoredResource.upstream("u\(number)", order: number, version: 2), replaced: nil)
        }
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try database.commit([VersionCommit(2, first)])
        }
        let small = try folder.databaseSize()
        try folder.open { database in
            for version in Int64(3)...302 {
                let fresh = try StoredResource.upstream("u1", order: 1, version: version, port: version)
                try database.commit([
                    VersionCommit(version, [.upsert(fresh, replaced: version == 3 ? 2 : version - 1)])
                ])
            }
        }
        let large = try folder.databaseSize()
        // 300 copies of the whole would be some 300 times the first; 300 changes with their records are less than it.
        #expect(large - small < 300 * 2_048, "\(small) bytes became \(large)")
        #expect(small > 200_000)
    }
}

extension TemporaryFolder {
    /// Without a WAL, for the database is closed.
    fileprivate func databaseSize() throws -> Int {
        try FileManager.default.attributesOfItem(atPath: self.data.database)[.size] as? Int ?? 0
    }
}

extension Timestamp {
    /// After the beginning.
    fileprivate static func minutes(_ count: Int64) -> Timestamp {
        Timestamp(milliseconds: Timestamp.start.milliseconds + count * 60_000)
    }
}

extension VersionCommit {
    /// A version of the given minute.
    fileprivate init(_ number: Int64, _ changes: [ResourceChange], at minute: Int64) {
        let whole = VersionCommit(number, changes)
        self.init(
            version: VersionRecord(
                number: number, parent: number - 1, digest: whole.version.digest, author: "test", message: nil,
                createdAt: .minutes(minute), counts: [:]), changes: changes, audit: whole.audit)
    }
}
