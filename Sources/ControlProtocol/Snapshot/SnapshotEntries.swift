package import GatewayModel

/// The resources of a version by key, and the digest of them all, kept up as they come and go.
///
/// They fall into 1,024 buckets by the SHA-256 of their key. A bucket's digest is over the sorted digests of its
/// resources, the whole's over the buckets in order: a change hashes one bucket and the top again, and the order in which
/// resources came makes no difference.
///
/// A copy shares every bucket that does not change after it, so that a replica holds the version that it serves and the
/// next one beside it for the price of the change.
package struct SnapshotEntries: Equatable, Sendable {
    private struct Member: Equatable, Sendable {
        let leaf: SHA256Digest
        let entry: SnapshotEntry
    }

    private static let bits = 10
    private static let emptyBucket = SHA256Digest(of: [] as [UInt8])

    /// Each in the order of its leaves.
    private var buckets: [[Member]]
    private var digests: [SHA256Digest]
    /// How many resources there are.
    package private(set) var count = 0

    /// Nothing.
    package init() {
        self.buckets = Array(repeating: [], count: 1 << Self.bits)
        self.digests = Array(repeating: Self.emptyBucket, count: 1 << Self.bits)
    }

    /// Many at once, each key once; every bucket is hashed once.
    package init(_ entries: some Sequence<SnapshotEntry>) {
        self.init()
        for entry in entries {
            self.buckets[Self.bucket(of: entry.resource.key)].append(Member(leaf: Self.leaf(entry), entry: entry))
            self.count += 1
        }
        for bucket in self.buckets.indices where !self.buckets[bucket].isEmpty {
            self.buckets[bucket] = self.buckets[bucket].sorted { $0.leaf < $1.leaf }
            self.hash(bucket)
        }
    }

    /// Equal for equal entries. Hashes the 32 KiB of all buckets: ask once and keep it.
    var digest: String { SHA256Digest(of: self.digests).text }

    /// The entry with that key.
    package subscript(key: ResourceKey) -> SnapshotEntry? {
        let members = self.buckets[Self.bucket(of: key)]
        return members.firstIndex { $0.entry.resource.key == key }.map { members[$0].entry }
    }

    /// Puts an entry in, in place of the one with its key.
    mutating func set(_ entry: SnapshotEntry) { self.replace(entry.resource.key, with: entry) }

    /// Takes an entry out; one that is not there is no error.
    mutating func remove(_ key: ResourceKey) { self.replace(key, with: nil) }

    private mutating func replace(_ key: ResourceKey, with entry: SnapshotEntry?) {
        let bucket = Self.bucket(of: key)
        if let index = self.buckets[bucket].firstIndex(where: { $0.entry.resource.key == key }) {
            self.buckets[bucket].remove(at: index)
            self.count -= 1
        }
        if let entry {
            let member = Member(leaf: Self.leaf(entry), entry: entry)
            let index = self.buckets[bucket].firstIndex { member.leaf < $0.leaf } ?? self.buckets[bucket].endIndex
            self.buckets[bucket].insert(member, at: index)
            self.count += 1
        }
        self.hash(bucket)
    }

    private mutating func hash(_ bucket: Int) {
        self.digests[bucket] = SHA256Digest(of: self.buckets[bucket].map(\.leaf))
    }

    private static func bucket(of key: ResourceKey) -> Int {
        SHA256Digest(of: Array("\(key.kind.rawValue)/\(key.name)".utf8)).prefix(bits: Self.bits)
    }

    /// Over `kind/name/order/document`; neither of the first three holds a slash.
    private static func leaf(_ entry: SnapshotEntry) -> SHA256Digest {
        let key = entry.resource.key
        var writer = JSONWriter(style: .canonical)
        writer.raw("\(key.kind.rawValue)/\(key.name)/\(entry.order)/")
        writer.writeCanonical(entry.resource.text)
        return SHA256Digest(of: writer.bytes)
    }
}

extension SnapshotEntries: Sequence {
    /// One bucket after the other: in no order that means anything.
    package struct Iterator: IteratorProtocol {
        private let buckets: [[Member]]
        private var bucket = 0
        private var index = 0

        fileprivate init(_ entries: SnapshotEntries) { self.buckets = entries.buckets }

        package mutating func next() -> SnapshotEntry? {
            while self.bucket < self.buckets.count {
                if self.index < self.buckets[self.bucket].count {
                    defer { self.index += 1 }
                    return self.buckets[self.bucket][self.index].entry
                }
                (self.bucket, self.index) = (self.bucket + 1, 0)
            }
            return nil
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    package var underestimatedCount: Int { self.count }
}
