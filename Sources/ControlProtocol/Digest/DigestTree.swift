import GatewayModel

/// The digest of a whole configuration, kept up as resources come and go.
///
/// Resources fall into 1,024 buckets by the SHA-256 of their key. A bucket's digest is over the sorted digests of its
/// resources, the whole's over the buckets in order: a change hashes one bucket and the top again, and the order in which
/// resources came makes no difference.
struct DigestTree: Sendable {
    private static let bits = 10
    private static let emptyBucket = SHA256Digest(of: [] as [UInt8])

    private var leaves: [[SHA256Digest]]
    private var buckets: [SHA256Digest]

    init() {
        self.leaves = Array(repeating: [], count: 1 << Self.bits)
        self.buckets = Array(repeating: Self.emptyBucket, count: 1 << Self.bits)
    }

    /// Of many resources at once; each bucket is hashed once.
    init(_ entries: some Sequence<SnapshotEntry>) {
        self.init()
        for entry in entries { self.leaves[Self.bucket(of: entry.resource.key)].append(Self.leaf(entry)) }
        for bucket in self.leaves.indices where !self.leaves[bucket].isEmpty {
            self.leaves[bucket].sort()
            self.buckets[bucket] = SHA256Digest(of: self.leaves[bucket])
        }
    }

    /// Hashes the 32 KiB of all buckets: ask once and keep it.
    var text: String { SHA256Digest(of: self.buckets).text }

    mutating func replace(_ old: SnapshotEntry?, with new: SnapshotEntry?) {
        guard let key = (new ?? old)?.resource.key else { return }
        let bucket = Self.bucket(of: key)
        if let old {
            let leaf = Self.leaf(old)
            if let index = self.leaves[bucket].firstIndex(of: leaf) { self.leaves[bucket].remove(at: index) }
        }
        if let new {
            let leaf = Self.leaf(new)
            let index = self.leaves[bucket].firstIndex { leaf < $0 } ?? self.leaves[bucket].endIndex
            self.leaves[bucket].insert(leaf, at: index)
        }
        self.buckets[bucket] = SHA256Digest(of: self.leaves[bucket])
    }

    private static func bucket(of key: ResourceKey) -> Int {
        SHA256Digest(of: Array("\(key.kind.rawValue)/\(key.name)".utf8)).prefix(bits: Self.bits)
    }

    /// Over `kind/name/order/document`; neither of the first three holds a slash.
    private static func leaf(_ entry: SnapshotEntry) -> SHA256Digest {
        let key = entry.resource.key
        let head = "\(key.kind.rawValue)/\(key.name)/\(entry.order)/"
        return SHA256Digest(of: Array(head.utf8) + entry.resource.document.encoded(.canonical))
    }
}
