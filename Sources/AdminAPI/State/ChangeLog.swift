import GatewayModel
import Storage

/// Which resources the last versions changed, for deltas, and the digests that replicas acknowledge.
///
/// Bounded by versions and by keys: a replica that is further behind gets the full snapshot.
struct ChangeLog {
    private static let versionLimit = 1_000
    private static let keyLimit = 200_000

    /// In ascending order of the versions.
    private var entries: ArraySlice<VersionChanges>
    private var digests: [Int64: String]
    /// The version before the first entry: the oldest that a delta can start from.
    private var base: Int64
    private var keyCount: Int

    init(_ state: StoredState) {
        self.entries = state.changes[...]
        self.digests = state.digests
        self.base = state.digests.keys.min() ?? state.latest.number
        self.keyCount = state.changes.reduce(0) { $0 + $1.keys.count }
        self.trim()
    }

    func digest(of version: Int64) -> String? { self.digests[version] }

    mutating func append(_ commit: VersionCommit) {
        self.entries.append(VersionChanges(version: commit.version.number, keys: commit.changes.map(\.key)))
        self.digests[commit.version.number] = commit.version.digest
        self.keyCount += commit.changes.count
        self.trim()
    }

    /// Every resource changed after `version`; `nil` when that is no longer known.
    func keys(changedAfter version: Int64) -> Set<ResourceKey>? {
        guard version >= self.base else { return nil }
        return Set(self.entries.reversed().prefix { $0.version > version }.flatMap(\.keys))
    }

    private mutating func trim() {
        while self.entries.count > Self.versionLimit || (self.keyCount > Self.keyLimit && self.entries.count > 1) {
            let dropped = self.entries.removeFirst()
            self.keyCount -= dropped.keys.count
            self.digests[self.base] = nil
            self.base = dropped.version
        }
    }
}
