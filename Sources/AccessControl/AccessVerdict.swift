/// What access rules say of a request.
package enum AccessVerdict {
    case pass
    case refused(AccessRefusal)
    /// Something must be found out first; when it is known, the rules are asked again with the same `AccessFindings`.
    case waits(AccessWait)
}

/// A request that is kept out.
package struct AccessRefusal: Sendable {
    package let reason: AccessReason
    /// The policy that did it.
    package let policy: String
    /// Whole lines, `name: value` CRLF, for the answer: `WWW-Authenticate` with every 401 (RFC 9110 section 15.5.2).
    package let lines: [UInt8]
    /// The reason's, or what an authorization service says.
    package let status: UInt16

    package init(_ reason: AccessReason, policy: String, lines: [UInt8] = [], status: UInt16? = nil) {
        self.reason = reason
        self.status = status ?? reason.status
        self.policy = policy
        self.lines = lines
    }
}

/// What is to be found out off the loop.
package enum AccessWait {
    /// The key set at a URL: it has not been fetched yet, or lacks the key that a token names. `AccessMemory` learns it.
    case keys(uri: String)
    /// Whether a password has this hash. `AccessFindings.passwords` learns it.
    case password(PasswordQuestion)
    /// What a service says of the request. `AccessFindings.services` learns it.
    case service(ExtAuthRule)
}

/// A password that was shown, and the hash that it should have.
package struct PasswordQuestion: Sendable {
    package let user: String
    package let password: [UInt8]
    /// As crypt(5) has it; for a user that nobody knows one that no password has, and which costs as much.
    package let hash: String

    package init(user: String, password: [UInt8], hash: String) {
        self.user = user
        self.password = password
        self.hash = hash
    }
}

/// What became of a question to a service.
package enum ServiceAnswer: Sendable {
    /// It may pass. `lines` are whole lines for the backend: those of its answer that the policy forwards.
    case allowed(lines: [UInt8])
    /// `status` as the service gave it, `lines` for the client (`WWW-Authenticate`, `Location`, `Set-Cookie`).
    case denied(status: UInt16, lines: [UInt8])
    /// No answer, one that is too late or too long, or a 5xx.
    case unreachable
}
