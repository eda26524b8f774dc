import ControlProtocol
import GatewayModel
import GatewaySnapshot
import Storage

/// The configuration in memory: what is stored, the same compiled, and the digest of the whole.
///
/// Writes are staged one after the other, each on top of the last; a staged write is visible here at once, and it is the
/// caller's duty to `undo` it when it does not become durable. Nothing is copied: a write costs what it changes.
struct LiveConfiguration {
    private(set) var configuration: Configuration
    private(set) var content: SnapshotContent
    private(set) var records: [ResourceKey: StoredResource]
    private(set) var latest: VersionRecord
    private(set) var gateway: Gateway
    var counts: [ResourceKind: Int]
    private var nextOrder: Int64

    /// - Throws: `StorageError.broken` when the stored content does not compile or has another digest than its version.
    init(_ state: StoredState) throws(StorageError) {
        self.configuration = Configuration(state.resources.map(\.resource))
        self.content = SnapshotContent(
            identity: state.identity, version: state.latest.number,
            entries: state.resources.lazy.map { SnapshotEntry(resource: $0.resource, order: $0.order) })
        self.records = [:]
        self.latest = state.latest
        self.gateway = Gateway()
        self.counts = [:]
        self.nextOrder = state.nextOrder
        self.records.reserveCapacity(state.resources.count)
        for stored in state.resources {
            self.records[stored.key] = stored
            self.counts[stored.key.kind, default: 0] += 1
        }
        guard self.content.digest == state.latest.digest else {
            throw .broken(problem: "version \(state.latest.number) does not have the digest that was stored with it")
        }
        do {
            try self.rebuildGateway()
        } catch {
            throw .broken(problem: "version \(state.latest.number) does not compile: \(error)")
        }
    }

    var identity: String { self.content.identity }

    typealias Placement = (key: ResourceKey, stored: StoredResource?)

    /// Puts resources in place of what their keys have now, `nil` removes one.
    ///
    /// - Returns: what was there.
    @discardableResult
    mutating func place(_ placements: [Placement]) -> [Placement] {
        let previous = placements.map { key, stored in (key, self.place(stored, for: key)) }
        self.content.change(
            removing: placements.lazy.filter { $0.stored == nil }.map(\.key),
            setting: placements.lazy.compactMap(\.stored).map { SnapshotEntry(resource: $0.resource, order: $0.order) })
        return previous
    }

    private mutating func place(_ stored: StoredResource?, for key: ResourceKey) -> StoredResource? {
        let old = self.records[key]
        self.records[key] = stored
        if let stored { self.configuration.set(stored.resource) } else { self.configuration.remove(key) }
        self.counts[key.kind, default: 0] += (stored == nil ? 0 : 1) - (old == nil ? 0 : 1)
        return old
    }

    /// The next position of creation. Gaps are harmless.
    mutating func takeOrder() -> Int64 {
        defer { self.nextOrder += 1 }
        return self.nextOrder
    }

    mutating func advance(to version: VersionRecord) {
        self.latest = version
        self.content.version = version.number
    }

    /// Compiles everything afresh: at the start, and when a write that was already compiled did not become durable.
    mutating func rebuildGateway() throws(SnapshotRejected) {
        let gateway = Gateway()
        _ = gateway.commit(try gateway.prepare(self.content.full()))
        self.gateway = gateway
    }
}
