/// What a token may do.
package enum Role: String, Sendable, CaseIterable {
    /// Everything but the control protocol, which holds private keys.
    case admin
    /// The control protocol (`/v1/data-plane/`) and nothing else.
    case worker
}

/// Who makes a call, from a verified token.
package struct Caller: Sendable, Hashable {
    /// The name of the token; the author of the versions it makes.
    package let name: String
    package let role: Role

    package init(name: String, role: Role) {
        self.name = name
        self.role = role
    }
}
