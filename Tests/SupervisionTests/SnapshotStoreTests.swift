import ControlProtocol
import DataPlane
import GatewayModel
import Testing

@testable import Supervision

@Suite("What is served and what is about to be")
struct SnapshotStoreTests {
    private static func pending(_ update: SnapshotUpdate) -> PendingUpdate {
        PendingUpdate(update: update, bytes: nil, origin: .control)
    }

    private static func serving() throws -> SnapshotStore {
        var store = SnapshotStore()
        try store.stage(Self.pending(try Sample.content().full()))
        store.keep()
        return store
    }

    @Test("A staged version shows only when it is kept")
    func keeps() throws {
        var store = try Self.serving()
        try store.stage(Self.pending(try Sample.content(version: 2, port: 8081).full()))
        #expect(store.served?.addresses == [ListenAddress(address: "127.0.0.1", port: 8080)])
        #expect(store.installing?.addresses == [ListenAddress(address: "127.0.0.1", port: 8081)])
        store.keep()
        #expect(store.served?.content.version == 2)
        #expect(store.served?.addresses == [ListenAddress(address: "127.0.0.1", port: 8081)])
    }

    @Test("A discarded version leaves no trace")
    func discards() throws {
        var store = try Self.serving()
        try store.stage(Self.pending(try Sample.content(version: 2, port: 8081).full()))
        store.discard()
        #expect(store.installing?.content.version == 1)
        #expect(store.installing?.addresses == [ListenAddress(address: "127.0.0.1", port: 8080)])
    }

    @Test("A delta moves the sockets that it names")
    func delta() throws {
        var store = try Self.serving()
        let next = try Sample.content(version: 2, port: 8082)
        let update = SnapshotUpdate(
            identity: "me", from: 1, version: 2, digest: next.digest, upserts: [try Sample.listener(port: 8082)],
            deletes: [])
        try store.stage(Self.pending(update))
        #expect(store.installing?.addresses == [ListenAddress(address: "127.0.0.1", port: 8082)])
    }

    @Test("An update whose digest does not come out is refused, and nothing is staged")
    func wrongDigest() throws {
        var store = try Self.serving()
        let update = SnapshotUpdate(
            identity: "me", from: 1, version: 2, digest: try Sample.content().digest,
            upserts: [try Sample.listener(port: 8082)], deletes: [])
        #expect(throws: ProtocolError.self) { try store.stage(Self.pending(update)) }
        #expect(store.installing?.content.version == 1)
    }
}
