package import GatewayModel

/// What is known of one request's caller: made once for a request that meets rules, and kept to its end.
///
/// One loop owns it.
package final class AccessFindings {
    /// Who it is by key or password; the last rule that found one counts.
    package var consumer: ConsumerEntry?
    /// What the caller's token says; of several tokens the last that was taken counts.
    package var claims: (any AccessClaims)?
    /// Whole lines, `name: value` CRLF, that the backend gets; what clients send under these names never passes.
    package var lines: [UInt8] { self.backend.bytes }
    /// Credentials that the backend is not to see.
    package var stripped: [StrippedCredential] = []
    /// What policies that only observe would have refused.
    package var observed: [(policy: String, reason: AccessReason)] = []
    /// Results of `AccessWait.password`, by user: whether the password is right; `nil`: too many wait. See `learn`.
    package var passwords: [String: Bool?] = [:]
    /// Results of `AccessWait.service`, by policy.
    package var services: [String: ServiceAnswer] = [:]
    /// A wait for keys has ended without them.
    package var hasWaitedForKeys = false

    private var backend = IdentityLines()
    /// The hash that a password was asked about, by user: a result is about that one alone.
    private var askedHashes: [String: String] = [:]

    package init() {}

    /// The rules are asked from the beginning; what was found out for them stays.
    func restart() {
        self.consumer = nil
        self.claims = nil
        self.backend = IdentityLines()
        self.stripped = []
        self.observed = []
    }

    /// Tells the backend something of the caller; see `IdentityLines`.
    func tell(_ field: String?, _ value: String) {
        if let field { self.backend.set(field, value) }
    }

    /// Tells the backend what was made ready before.
    func tell(_ lines: IdentityLines) { self.backend.set(lines) }

    /// Passes on whole lines of a service's answer.
    func tell(lines: [UInt8]) { self.backend.set(lines: lines) }

    /// Keeps a result of `AccessWait.password`.
    ///
    /// - Parameter isRight: `nil` when too many wait.
    package func learn(_ question: PasswordQuestion, isRight: Bool?) {
        self.passwords.updateValue(isRight, forKey: question.user)
    }

    /// What came of a password that was asked about; nothing for one that was asked about another hash, for the consumer may
    /// have changed meanwhile.
    func result(_ user: String, _ hash: String) -> PasswordResult? {
        guard self.askedHashes[user] == hash, let result = self.passwords[user] else { return nil }
        return result.map { $0 ? .right : .wrong } ?? .overloaded
    }

    func willAsk(_ question: PasswordQuestion) {
        self.askedHashes[question.user] = question.hash
        self.passwords.removeValue(forKey: question.user)
    }
}

/// What came of a password that was checked.
enum PasswordResult { case right, wrong, overloaded }

/// What a token that was taken says.
package protocol AccessClaims: AnyObject {
    /// Of `scope` and `scp`, each for itself.
    var scopes: [String] { get }
    /// - Parameter path: names from the outermost inwards.
    /// - Returns: `nil` where there is no such claim.
    func value(at path: [String]) -> JSON?
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
