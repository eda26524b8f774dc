package import GatewayModel

/// A whole version of a configuration, with a digest that costs what a change costs.
package struct SnapshotContent: Sendable {
    package var version: Int64 = 0
    package let identity: String
    package private(set) var entries: [ResourceKey: SnapshotEntry] = [:]
    private var tree = DigestTree()

    /// Nothing yet, at version 0.
    package init(identity: String) { self.identity = identity }

    /// Equal for equal entries, however they came. Each call hashes 32 KiB.
    package var digest: String { self.tree.text }

    /// Puts a resource in, in place of the one with its key.
    package mutating func set(_ entry: SnapshotEntry) {
        let old = self.entries.updateValue(entry, forKey: entry.resource.key)
        self.tree.replace(old, with: entry)
    }

    /// Takes a resource out; one that is not there is no error.
    package mutating func remove(_ key: ResourceKey) {
        guard let old = self.entries.removeValue(forKey: key) else { return }
        self.tree.replace(old, with: nil)
    }

    /// Everything, oldest first.
    package func full() -> SnapshotUpdate {
        SnapshotUpdate(
            identity: self.identity, from: nil, version: self.version, digest: self.digest,
            upserts: self.entries.values.sorted { ($0.order, $0.resource.key) < ($1.order, $1.resource.key) },
            deletes: [])
    }

    /// Moves to the version of an update.
    ///
    /// - Throws: when the update is of another history, does not continue this version, goes back, or does not come out at
    ///   the digest that it promises. Nothing is changed then.
    package mutating func apply(_ update: SnapshotUpdate) throws(ProtocolError) {
        guard update.identity == self.identity else {
            throw ProtocolError("the snapshot is of history \(update.identity), not of \(self.identity)")
        }
        guard let from = update.from else { return try self.replaceAll(update) }
        guard from == self.version, update.version > from else {
            throw ProtocolError("a change from version \(from) to \(update.version) does not continue \(self.version)")
        }
        let undo = self.change(update)
        guard self.digest == update.digest else {
            let found = self.digest
            for (key, entry) in undo { self.put(entry, for: key) }
            throw Self.mismatch(update, found)
        }
        self.version = update.version
    }

    private mutating func replaceAll(_ update: SnapshotUpdate) throws(ProtocolError) {
        guard update.version >= self.version else {
            throw ProtocolError("version \(update.version) is older than version \(self.version), which is here")
        }
        let tree = DigestTree(update.upserts)
        guard tree.text == update.digest else { throw Self.mismatch(update, tree.text) }
        self.entries = Dictionary(update.upserts.map { ($0.resource.key, $0) }, uniquingKeysWith: { $1 })
        self.tree = tree
        self.version = update.version
    }

    /// - Returns: what was there before, in an order that undoes the change.
    private mutating func change(_ update: SnapshotUpdate) -> [(key: ResourceKey, entry: SnapshotEntry?)] {
        var undo: [(key: ResourceKey, entry: SnapshotEntry?)] = []
        for key in update.deletes {
            undo.append((key, self.entries[key]))
            self.remove(key)
        }
        for entry in update.upserts {
            undo.append((entry.resource.key, self.entries[entry.resource.key]))
            self.set(entry)
        }
        return undo.reversed()
    }

    private mutating func put(_ entry: SnapshotEntry?, for key: ResourceKey) {
        if let entry { self.set(entry) } else { self.remove(key) }
    }

    private static func mismatch(_ update: SnapshotUpdate, _ found: String) -> ProtocolError {
        ProtocolError("version \(update.version) promises digest \(update.digest), and comes out at \(found)")
    }
}
