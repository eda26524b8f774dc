package import GatewayModel

/// One changed resource of a version.
package enum ResourceChange: Sendable, Hashable {
    /// - `replaced`: the `updatedVersion` of what was there before, whose row ends here; `nil` when nothing was.
    case upsert(StoredResource, replaced: Int64?)
    case delete(ResourceKey, replaced: Int64)

    package var key: ResourceKey {
        switch self {
        case .upsert(let stored, _): stored.key
        case .delete(let key, _): key
        }
    }
}

/// A version together with what it changes and who did it: the unit that is committed.
package struct VersionCommit: Sendable {
    package let version: VersionRecord
    package let changes: [ResourceChange]
    package let audit: AuditEntry

    package init(version: VersionRecord, changes: [ResourceChange], audit: AuditEntry) {
        self.version = version
        self.changes = changes
        self.audit = audit
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
