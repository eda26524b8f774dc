import GatewayModel
import Storage

/// A write as an operation asks for it: it becomes one version or nothing.
struct WriteRequest: Sendable {
    enum Change: Sendable {
        case put(Resource)
        case delete(ResourceKey)

        var key: ResourceKey {
            switch self {
            case .put(let resource): resource.key
            case .delete(let key): key
            }
        }
    }

    var author: String
    var message: String?
    var changes: [Change]
    /// What the header fields ask of the state before a write of one resource.
    var precondition = Precondition.none
    var isDryRun = false
}

/// What a write did, or in a dry run what it would do.
struct WriteOutcome: Sendable {
    enum Effect: String, Sendable {
        case created, updated, unchanged, deleted
    }

    struct Change: Sendable {
        let key: ResourceKey
        let effect: Effect
        /// As stored now; `nil` when deleted.
        let stored: StoredResource?
    }

    /// The latest version after the write.
    let version: Int64
    let changes: [Change]
    /// What is allowed and can hardly be meant.
    var warnings: [WriteWarning] = []

    var isUnchanged: Bool { self.changes.allSatisfy { $0.effect == .unchanged } }
}
