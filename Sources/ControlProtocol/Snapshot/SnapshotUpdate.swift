package import GatewayModel

/// A version of the configuration on its way to a replica: the whole of it, or what changed since another version.
package struct SnapshotUpdate: Sendable {
    /// Of the configuration's history; versions of different histories do not compare.
    package let identity: String
    /// The version that the update continues; `nil`: it is the whole configuration.
    package let from: Int64?
    package let version: Int64
    /// Of the whole configuration at `version`, as `SnapshotContent` computes it.
    package let digest: String
    package let upserts: [SnapshotEntry]
    package let deletes: [ResourceKey]

    package init(
        identity: String, from: Int64?, version: Int64, digest: String, upserts: [SnapshotEntry],
        deletes: [ResourceKey]
    ) {
        self.identity = identity
        self.from = from
        self.version = version
        self.digest = digest
        self.upserts = upserts
        self.deletes = deletes
    }
}

extension SnapshotUpdate {
    /// As it travels and as it lies on disk.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        // Room for all of it: what grows by doubling is copied again and again, and ends with room that nobody needs.
        writer.bytes.reserveCapacity(self.upserts.reduce(256 + 128 * self.deletes.count) { $0 + $1.longestText })
        writer.raw(#"{"identity":"#)
        writer.write(self.identity)
        if let from { writer.raw(#","from":\#(from)"#) }
        writer.raw(#","version":\#(self.version),"digest":"#)
        writer.write(self.digest)
        writer.raw(#","upserts":["#)
        for (index, entry) in self.upserts.enumerated() {
            if index > 0 { writer.raw(",") }
            entry.write(to: &writer)
        }
        writer.raw(#"],"deletes":["#)
        for (index, key) in self.deletes.enumerated() {
            if index > 0 { writer.raw(",") }
            key.write(to: &writer)
            writer.raw("}")
        }
        writer.raw("]}")
        return writer.bytes
    }
}
