import GatewayModel
import Storage

/// Which resources the last versions changed, for deltas, and the digests that replicas acknowledge.
///
/// Bounded by versions and by keys: a replica that is further behind gets the full snapshot.
struct ChangeLog {
    private static let versionLimit = 1_000
    private static let keyLimit = 200_000

    /// Oldest first, without a gap.
    private var entries: ArraySlice<VersionChanges>
    private var digests: [Int64: String]
    private var keyCount: Int

    init(_ state: StoredState) {
        self.entries = state.changes[...]
        self.digests = state.digests
        self.keyCount = state.changes.reduce(0) { $0 + $1.keys.count }
    }

    /// The first version whose changes are kept; the database is pruned to the same, one write later.
    var oldestKept: Int64 { self.entries.first?.version ?? 0 }

    func digest(of version: Int64) -> String? { self.digests[version] }

    mutating func append(_ commit: VersionCommit) {
        self.entries.append(VersionChanges(version: commit.version.number, keys: commit.changes.map(\.key)))
        self.digests[commit.version.number] = commit.version.digest
        self.keyCount += commit.changes.count
        while self.entries.count > Self.versionLimit || (self.keyCount > Self.keyLimit && self.entries.count > 1) {
            let dropped = self.entries.removeFirst()
            self.keyCount -= dropped.keys.count
            self.digests[dropped.version - 1] = nil
        }
    }

    /// Every resource changed after `version`; `nil` when that is no longer known.
    func keys(changedAfter version: Int64) -> Set<ResourceKey>? {
        guard let first = self.entries.first?.version, version >= first - 1 else { return nil }
        let offset = Int(version - (first - 1))
        guard offset <= self.entries.count else { return nil }
        return Set(self.entries.dropFirst(offset).flatMap(\.keys))
    }
}
