/// What is known of one request's caller: made once for a request that meets rules, and kept to its end.
///
/// One loop owns it.
package final class AccessFindings {
    /// Who it is by key or password; the last rule that found one counts.
    package var consumer: ConsumerEntry?
    /// Whole lines, `name: value` CRLF, that the backend gets; what clients send under these names never passes.
    package var lines: [UInt8] = []
    /// Credentials that the backend is not to see.
    package var stripped: [StrippedCredential] = []
    /// What policies that only observe would have refused.
    package var observed: [(policy: String, reason: AccessReason)] = []
    /// Results of `AccessWait.password`, by user: whether the password is right; `nil`: too many wait.
    package var passwords: [String: Bool?] = [:]
    /// Results of `AccessWait.service`, by policy.
    package var services: [String: ServiceAnswer] = [:]
    /// A wait for keys has ended without them.
    package var hasWaitedForKeys = false

    package init() {}

    /// Keeps a result of `AccessWait.password`.
    ///
    /// - Parameter isRight: `nil` when too many wait.
    package func learn(_ question: PasswordQuestion, isRight: Bool?) {
        self.passwords.updateValue(isRight, forKey: question.user)
    }
}

/// A credential that the backend is not to see.
package enum StrippedCredential: Hashable, Sendable {
    /// All lines of that name, which is in lower case.
    case header(String)
    /// All parameters of that name.
    case query(String)
    /// All cookies of that name.
    case cookie(String)
}
