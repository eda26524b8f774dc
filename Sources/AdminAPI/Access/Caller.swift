/// What a token may do. Every role but `worker` may do what those before it may.
enum Role: String, Sendable, CaseIterable {
    /// Reads, and asks for plans and explanations.
    case viewer
    /// Writes resources, within its selector.
    case editor
    /// Rolls back and looks after replicas.
    case `operator`
    /// Manages tokens and takes backups.
    case admin
    /// The control protocol (`/v1/data-plane/`) and nothing else.
    case worker

    /// Of the roles of people; `nil` for workers.
    private var rank: Int? {
        switch self {
        case .viewer: 1
        case .editor: 2
        case .operator: 3
        case .admin: 4
        case .worker: nil
        }
    }

    func includes(_ other: Role) -> Bool {
        guard let rank, let needed = other.rank else { return self == other }
        return rank >= needed
    }
}

/// Who may call an operation.
enum OperationAccess: Sendable {
    /// Everybody, without a token.
    case open
    /// Tokens of this role and of those that include it.
    case role(Role)
}

/// Who makes a call, from a verified token.
struct Caller: Sendable, Hashable {
    /// The token's id.
    let id: String
    /// The name of the token; the author of the versions it makes.
    let name: String
    let role: Role
    /// What of the configuration it may change.
    let scope: LabelSelector
}
