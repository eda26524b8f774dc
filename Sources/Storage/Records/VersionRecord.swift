package import GatewayModel

/// What is kept about one version for ever.
package struct VersionRecord: Sendable, Hashable {
    package let number: Int64
    /// `nil` only for the first one.
    package let parent: Int64?
    /// Over the whole content, as `SnapshotContent` computes it.
    package let digest: String
    package let author: String
    package let message: String?
    package let createdAt: Timestamp
    /// How many resources of each kind the version has; kinds without any may be missing.
    package let counts: [ResourceKind: Int]

    package init(
        number: Int64, parent: Int64?, digest: String, author: String, message: String?, createdAt: Timestamp,
        counts: [ResourceKind: Int]
    ) {
        self.number = number
        self.parent = parent
        self.digest = digest
        self.author = author
        self.message = message
        self.createdAt = createdAt
        self.counts = counts
    }
}

/// One changed resource of a version.
package enum ResourceChange: Sendable, Hashable {
    case upsert(StoredResource)
    case delete(ResourceKey)

    package var key: ResourceKey {
        switch self {
        case .upsert(let stored): stored.key
        case .delete(let key): key
        }
    }
}

/// A version together with what it changes: the unit that is committed.
package struct VersionCommit: Sendable {
    package let version: VersionRecord
    package let changes: [ResourceChange]

    package init(version: VersionRecord, changes: [ResourceChange]) {
        self.version = version
        self.changes = changes
    }
}

/// Which resources a version changed: enough to build a delta from the latest content.
package struct VersionChanges: Sendable, Hashable {
    package let version: Int64
    package let keys: [ResourceKey]

    package init(version: Int64, keys: [ResourceKey]) {
        self.version = version
        self.keys = keys
    }
}
