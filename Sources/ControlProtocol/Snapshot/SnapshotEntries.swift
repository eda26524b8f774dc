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
        /// Of its key: a look at it spares most looks at the key itself.
        let mark: UInt64
        let entry: SnapshotEntry

        init(_ entry: SnapshotEntry, _ place: Place) {
            self.leaf = SnapshotEntries.leaf(entry)
            self.mark = place.mark
            self.entry = entry
        }
    }

    /// Where a key belongs.
    private struct Place {
        let bucket: Int
        let mark: UInt64

        init(_ key: ResourceKey) {
            let digest = SHA256Digest(of: Array("\(key.kind.rawValue)/\(key.name)".utf8))
            self.bucket = digest.prefix(bits: SnapshotEntries.bits)
            self.mark = digest.lastBits
        }
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
            let place = Place(entry.resource.key)
            self.buckets[place.bucket].append(Member(entry, place))
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
        let place = Place(key)
        return self.index(of: key, place).map { self.buckets[place.bucket][$0].entry }
    }

    /// Takes entries out, and puts others in, in place of those with their keys; a key that is not there is no error.
    /// However many they are, each bucket is hashed once.
    mutating func change(removing keys: some Sequence<ResourceKey>, setting entries: some Sequence<SnapshotEntry>) {
        var changed: Set<Int> = []
        for key in keys { changed.insert(self.replace(key, with: nil)) }
        for entry in entries { changed.insert(self.replace(entry.resource.key, with: entry)) }
        for bucket in changed { self.hash(bucket) }
    }

    /// - Returns: the bucket, which is to be hashed.
    private mutating func replace(_ key: ResourceKey, with entry: SnapshotEntry?) -> Int {
        let place = Place(key)
        if let index = self.index(of: key, place) {
            self.buckets[place.bucket].remove(at: index)
            self.count -= 1
        }
        if let entry {
            let member = Member(entry, place)
            self.buckets[place.bucket].insert(member, at: self.insertion(of: member.leaf, into: place.bucket))
            self.count += 1
        }
        return place.bucket
    }

    private func index(of key: ResourceKey, _ place: Place) -> Int? {
        self.buckets[place.bucket].withUnsafeBufferPointer { members in
            members.indices.first { members[$0].mark == place.mark && members[$0].entry.resource.key == key }
        }
    }

    private func insertion(of leaf: SHA256Digest, into bucket: Int) -> Int {
        self.buckets[bucket].withUnsafeBufferPointer { members in
            members.indices.first { leaf < members[$0].leaf } ?? members.endIndex
        }
    }

    private mutating func hash(_ bucket: Int) {
        let leaves = self.buckets[bucket].withUnsafeBufferPointer { members in
            members.indices.map { members[$0].leaf }
        }
        self.digests[bucket] = SHA256Digest(of: leaves)
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
