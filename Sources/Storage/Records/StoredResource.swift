package import GatewayModel

/// A resource with what the store knows about it.
package struct StoredResource: Sendable, Hashable {
    package let resource: Resource
    /// Position of creation: of two resources the older one has the lower.
    package let order: Int64
    /// The set that brought it, see `POST /v1/apply`; `nil`: nobody's.
    package let owner: String?
    package let createdVersion: Int64
    /// The version that last changed it, and so the one that its row begins with.
    package let updatedVersion: Int64
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    package var key: ResourceKey { self.resource.key }

    package init(
        resource: Resource, order: Int64, owner: String? = nil, createdVersion: Int64, updatedVersion: Int64,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.resource = resource
        self.order = order
        self.owner = owner
        self.createdVersion = createdVersion
        self.updatedVersion = updatedVersion
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
