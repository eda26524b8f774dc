import GatewayModel
import Storage
import Testing

@Suite("The configuration database")
struct ConfigurationDatabaseTests {
    private static let orders = ResourceKey(kind: .upstream, name: "orders")

    @Test("A new database has an identity and the empty version 1")
    func beginsEmpty() throws {
        let folder = try TemporaryFolder()
        let state = try folder.open { try $0.load(newIdentity: "one", at: .start) }
        #expect(state.identity == "one")
        #expect(state.latest.number == 1)
        #expect(state.latest.parent == nil)
        #expect(state.resources.isEmpty)
        #expect(state.digests == [1: state.latest.digest])
    }

    @Test("A commit is on the disk before it is answered")
    func syncs() throws {
        let folder = try TemporaryFolder()
        #expect(try folder.open { try $0.syncsCommits() })
    }

    @Test("The identity is made once")
    func keepsIdentity() throws {
        let folder = try TemporaryFolder()
        _ = try folder.open { try $0.load(newIdentity: "one", at: .start) }
        let again = try folder.open { try $0.load(newIdentity: "two", at: .start) }
        #expect(again.identity == "one")
    }

    @Test("What was committed is there after reopening: resources, versions, changes, digests")
    func reopens() throws {
        let folder = try TemporaryFolder()
        let made = try StoredResource.upstream("orders", order: 1, version: 2)
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try database.commit([VersionCommit(2, [.upsert(made, replaced: nil)], message: "why")])
        }
        let state = try folder.open { try $0.load(newIdentity: "one", at: .start) }
        #expect(state.resources == [made])
        #expect(state.latest.number == 2)
        #expect(state.latest.message == "why")
        #expect(state.latest.counts == [.upstream: 1])
        #expect(state.changes == [VersionChanges(version: 2, keys: [Self.orders])])
        #expect(state.digests.keys.sorted() == [1, 2])
    }

    @Test("An update keeps creation and order, a deletion removes the row and stays a change")
    func updatesAndDeletes() throws {
        let folder = try TemporaryFolder()
        let made = try StoredResource.upstream("orders", order: 1, version: 2)
        let changed = StoredResource(
            resource: try StoredResource.upstream("orders", order: 1, version: 2, port: 9001).resource, order: 1,
            createdVersion: 2, updatedVersion: 3, createdAt: .start, updatedAt: .start)
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try database.commit([VersionCommit(2, [.upsert(made, replaced: nil)])])
            try database.commit([VersionCommit(3, [.upsert(changed, replaced: 2)])])
            #expect(try database.load(newIdentity: "one", at: .start).resources == [changed])
            try database.commit([VersionCommit(4, [.delete(Self.orders, replaced: 3)])])
        }
        let state = try folder.open { try $0.load(newIdentity: "one", at: .start) }
        #expect(state.resources.isEmpty)
        #expect(state.changes.map(\.version) == [2, 3, 4])
    }

    @Test("Only as many changes are loaded as are wanted, with the digest that they begin at")
    func loadsSomeChanges() throws {
        let folder = try TemporaryFolder()
        let state = try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            for number in Int64(2)...5 {
                let stored = try StoredResource.upstream("u\(number)", order: number, version: number)
                try database.commit([VersionCommit(number, [.upsert(stored, replaced: nil)])])
            }
            return try database.load(newIdentity: "one", changesOf: 2, at: .start)
        }
        #expect(state.changes.map(\.version) == [4, 5])
        #expect(state.digests.keys.sorted() == [3, 4, 5])
        #expect(state.resources.count == 4)
        #expect(state.nextOrder == 6)
    }

    @Test("A position is not used again after its resource has gone: a rollback may bring it back")
    func keepsPositions() throws {
        let folder = try TemporaryFolder()
        let made = try StoredResource.upstream("orders", order: 7, version: 2)
        let state = try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try database.commit([VersionCommit(2, [.upsert(made, replaced: nil)])])
            try database.commit([VersionCommit(3, [.delete(Self.orders, replaced: 2)])])
            return try database.load(newIdentity: "one", at: .start)
        }
        #expect(state.nextOrder == 8)
    }

    @Test("Two versions are compared in either direction by what lies between them")
    func compares() throws {
        let folder = try TemporaryFolder()
        let made = try StoredResource.upstream("orders", order: 1, version: 2)
        let other = try StoredResource.upstream("stock", order: 2, version: 3)
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try database.commit([VersionCommit(2, [.upsert(made, replaced: nil)])])
            try database.commit([VersionCommit(3, [.upsert(other, replaced: nil)])])
            try database.commit([VersionCommit(4, [.delete(Self.orders, replaced: 2)])])
            let forth = try database.differences(from: 2, to: 4)
            #expect(forth.map(\.before) == [made, nil])
            #expect(forth.map(\.after) == [nil, other])
            let back = try database.differences(from: 4, to: 2)
            #expect(back.map(\.after) == [made, nil])
            #expect(try database.differences(from: 3, to: 3).isEmpty)
        }
    }

    @Test("When one of several versions cannot be written none of them is")
    func commitsAllOrNothing() throws {
        let folder = try TemporaryFolder()
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            let first = try StoredResource.upstream("a", order: 1, version: 2)
            let second = try StoredResource.upstream("b", order: 2, version: 3)
            #expect(throws: StorageError.self) {
                try database.commit(
                    [
                        VersionCommit(2, [.upsert(first, replaced: nil)]),
                        VersionCommit(3, [.upsert(second, replaced: 1)]),  // which is not there
                    ])
            }
            let state = try database.load(newIdentity: "one", at: .start)
            #expect(state.latest.number == 1)
            #expect(state.resources.isEmpty)
            #expect(state.changes.isEmpty)
        }
    }

    @Test("A second control plane cannot open the same folder")
    func refusesSecond() throws {
        let folder = try TemporaryFolder()
        try folder.open { _ in
            #expect(throws: StorageError.self) {
                _ = try ConfigurationDatabase(
                    in: folder.data, key: SecretKeySource(in: folder.data), at: .start)
            }
        }
    }
}
