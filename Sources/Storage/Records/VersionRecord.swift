package import GatewayModel

/// What is kept about one version for ever.
package struct VersionRecord: Sendable, Hashable {
    package let number: Int64
    /// `nil` only for the first one.
    package let parent: Int64?
    /// The version whose content this one brought back.
    package let rollbackOf: Int64?
    /// Over the whole content, as `SnapshotContent` computes it.
    package let digest: String
    package let author: String
    package let message: String?
    package let createdAt: Timestamp
    /// How many resources of each kind the version has; kinds without any may be missing.
    package let counts: [ResourceKind: Int]

    package init(
        number: Int64, parent: Int64?, rollbackOf: Int64? = nil, digest: String, author: String, message: String?,
        createdAt: Timestamp, counts: [ResourceKind: Int]
    ) {
        self.number = number
        self.parent = parent
        self.rollbackOf = rollbackOf
        self.digest = digest
        self.author = author
        self.message = message
        self.createdAt = createdAt
        self.counts = counts
    }
}
