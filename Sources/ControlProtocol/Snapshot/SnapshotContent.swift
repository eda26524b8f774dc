package import GatewayModel

/// A whole version of a configuration, with a digest that costs what a change costs. So does a copy that is changed.
package struct SnapshotContent: Sendable {
    package var version: Int64 = 0
    package let identity: String
    package private(set) var entries: SnapshotEntries
    /// Of the entries as they are; `nil`: nobody has computed it since they changed.
    private var knownDigest: String?

    /// Nothing yet, at version 0.
    package init(identity: String) {
        self.identity = identity
        self.entries = SnapshotEntries()
    }

    /// Many resources at once, each key once.
    package init(identity: String, version: Int64, entries: some Sequence<SnapshotEntry>) {
        self.identity = identity
        self.version = version
        self.entries = SnapshotEntries(entries)
        self.knownDigest = self.entries.digest
    }

    /// Equal for equal entries, however they came. After `set` and `remove` each call hashes 32 KiB.
    package var digest: String { self.knownDigest ?? self.entries.digest }

    /// Takes resources out, and puts others in, in place of those with their keys; a key that is not there is no error.
    package mutating func change(
        removing keys: some Sequence<ResourceKey>, setting entries: some Sequence<SnapshotEntry>
    ) {
        self.entries.change(removing: keys, setting: entries)
        self.knownDigest = nil
    }

    /// Puts a resource in, in place of the one with its key.
    package mutating func set(_ entry: SnapshotEntry) {
        self.change(removing: EmptyCollection(), setting: CollectionOfOne(entry))
    }

    /// Takes a resource out; one that is not there is no error.
    package mutating func remove(_ key: ResourceKey) {
        self.change(removing: CollectionOfOne(key), setting: EmptyCollection())
    }

    /// Everything, oldest first.
    package func full() -> SnapshotUpdate {
        let entries = Array(self.entries)
        // Places are sorted rather than entries, which are large.
        let places = entries.indices.sorted { entries[$0].order < entries[$1].order }
        return SnapshotUpdate(
            identity: self.identity, from: nil, version: self.version, digest: self.digest,
            upserts: places.map { entries[$0] }, deletes: [])
    }

    /// Moves to the version of an update.
    ///
    /// - Throws: when the update is of another history, does not continue this version, goes back, or does not come out at
    ///   the digest that it promises. Nothing is changed then.
    package mutating func apply(_ update: SnapshotUpdate) throws(ProtocolError) {
        guard update.identity == self.identity else {
            throw ProtocolError("the snapshot is of history \(update.identity), not of \(self.identity)")
        }
        try self.checkOrder(of: update)
        let entries = self.entries(after: update)
        let digest = entries.digest
        guard digest == update.digest else {
            throw ProtocolError(
                "version \(update.version) promises digest \(update.digest), and comes out at \(digest)")
        }
        self.entries = entries
        self.knownDigest = digest
        self.version = update.version
    }

    private func checkOrder(of update: SnapshotUpdate) throws(ProtocolError) {
        if let from = update.from {
            guard from == self.version, update.version > from else {
                throw ProtocolError(
                    "a change from version \(from) to \(update.version) does not continue \(self.version)")
            }
        } else if update.version < self.version {
            throw ProtocolError("version \(update.version) is older than version \(self.version), which is here")
        }
    }

    private func entries(after update: SnapshotUpdate) -> SnapshotEntries {
        guard update.from != nil else { return SnapshotEntries(update.upserts) }
        var entries = self.entries
        entries.change(removing: update.deletes, setting: update.upserts)
        return entries
    }
}
