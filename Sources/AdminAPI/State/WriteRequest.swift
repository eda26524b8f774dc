import GatewayModel
import Storage

/// Who asks for a write, from where: what versions and audit records say.
struct Actor: Sendable {
    let name: String
    let role: String
    let source: String
    let requestID: String
    /// What this caller may change: both what is stored and what takes its place must match.
    var scope = LabelSelector.all
    /// Looked at again before anything is written.
    var standing = Standing.unconditional
}

/// A write as an operation asks for it: it becomes one version or nothing.
struct WriteRequest: Sendable {
    enum Change: Sendable {
        case put(Resource)
        case delete(ResourceKey)
        /// As it was in an earlier version: with its place in the order, its set and its creation.
        case restore(StoredResource)

        var key: ResourceKey {
            switch self {
            case .put(let resource): resource.key
            case .delete(let key): key
            case .restore(let stored): stored.key
            }
        }
    }

    let actor: Actor
    /// For the audit: `route.put`, `apply`, `rollback`.
    let action: String
    /// For the audit: `route/shop`; `nil` where a write is about many.
    var subject: String?
    var message: String?
    var changes: [Change]
    /// What the header fields ask of the state before a write of one resource.
    var precondition = Precondition.none
    /// The set that owns what is put; `nil` leaves owners as they are.
    var set: String?
    /// Whether what the set owned and `changes` lack is deleted.
    var prunes = false
    /// Whether resources of other sets are taken over.
    var isForced = false
    /// The hash of the plan that is carried out; the write is refused when it would no longer do the same.
    var planHash: String?
    /// The version whose content is brought back; `changes` are found out from it.
    var rollbackOf: Int64?
    /// What is merged into a resource as it is stored when the write has its turn; `changes` are found out from it.
    var patch: ResourcePatch?
    /// Whether the outcome says what the write does to traffic; for dry runs.
    var reviewsTraffic = false
    /// A version that the new one must lie above, even when nothing changes.
    var above: Int64?
    var isDryRun = false
    /// Keys of consumers that were made, by id: the answer shows them once.
    var generated: [ResourceKey: [String: String]] = [:]
    /// The secrets that documents were completed with; the write is refused when others are stored by then.
    var bases: [ResourceKey: Secrets] = [:]

    init(_ actor: Actor, action: String, subject: String? = nil, message: String? = nil, changes: [Change]) {
        self.actor = actor
        self.action = action
        self.subject = subject
        self.message = message
        self.changes = changes
    }

    /// Whether it is a PUT, PATCH or DELETE, which can have a precondition.
    var isOfOneResource: Bool {
        if self.patch != nil { return true }
        guard self.changes.count == 1, let kind = self.changes.first?.key.kind.rawValue else { return false }
        return self.action.hasPrefix("\(kind).")
    }

    /// A write of one resource.
    init(_ actor: Actor, _ verb: String, _ change: Change, precondition: Precondition) {
        let key = change.key
        self.init(
            actor, action: "\(key.kind.rawValue).\(verb)", subject: "\(key.kind.rawValue)/\(key.name)",
            changes: [change])
        self.precondition = precondition
    }
}

/// What a write did, or in a dry run what it would do.
struct WriteOutcome: Sendable {
    enum Effect: String, Sendable {
        case created, updated, unchanged, deleted
    }

    struct Change: Sendable {
        let key: ResourceKey
        let effect: Effect
        /// As stored before; `nil` when created.
        let before: StoredResource?
        /// As stored now; `nil` when deleted.
        let stored: StoredResource?
    }

    /// The latest version after the write.
    let version: Int64
    let changes: [Change]
    /// What `WriteRequest.planHash` is compared with; `nil` when nobody asked.
    var planHash: String?
    /// What is allowed and can hardly be meant.
    var warnings: [WriteWarning] = []
    /// What it does to requests; empty when nobody asked.
    var traffic: [TrafficEffect] = []
    /// Keys of consumers that were made, by id.
    var generated: [ResourceKey: [String: String]] = [:]

    var isUnchanged: Bool { self.changes.allSatisfy { $0.effect == .unchanged } }
}
