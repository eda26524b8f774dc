import Logging
import Storage

/// A token as it is shown once.
struct IssuedToken: Sendable {
    let stored: StoredToken
    let text: String
}

/// Tokens change on the thread of the state, as everything does that is written.
extension ControlState {
    /// Makes a token; it is good when this returns, and it and its audit record are on the disk.
    func issue(_ new: NewToken, by actor: Actor, _ authority: TokenAuthority) throws(Refusal) -> IssuedToken {
        try actor.standing.check()
        let now = self.now().wall
        let seconds = Int(now.milliseconds / 1000)
        guard authority.registry.token(named: new.name, now: seconds) == nil else {
            throw Refusal(.nameTaken, "There is a token with the name \(new.name); revoke it first.")
        }
        let stored = StoredToken(new, by: actor, at: now)
        let claims = TokenClaims(
            id: stored.id, name: new.name, role: new.role, expiry: stored.expiresAt.map { Int($0.milliseconds / 1000) })
        guard let text = authority.token(claims, issued: seconds) else {
            throw Refusal(.internal, "The token could not be signed.")
        }
        let rights = stored.labelSelector.map { "role \(stored.role), labelSelector \($0)" } ?? "role \(stored.role)"
        try self.noting { () throws(StorageError) in
            try self.database.add(stored, audit: self.audit("token.create", stored, by: actor, at: now, rights))
        }
        authority.registry.add(stored)
        return IssuedToken(stored: stored, text: text)
    }

    /// Calls that come with the token after this are refused, and reads under way as well.
    func revoke(tokenNamed name: String, by actor: Actor, _ authority: TokenAuthority) throws(Refusal) {
        try actor.standing.check()
        let now = self.now().wall
        guard let token = authority.registry.token(named: name, now: Int(now.milliseconds / 1000)) else {
            throw Refusal(.notFound, "There is no token with the name \(name).")
        }
        try self.noting { () throws(StorageError) in
            try self.database.revoke(token, audit: self.audit("token.revoke", token, by: actor, at: now, nil))
        }
        authority.registry.remove(id: token.id)
    }

    private func noting(_ write: () throws(StorageError) -> Void) throws(Refusal) {
        do throws(StorageError) {
            try write()
            self.storageProblem = nil
        } catch {
            self.storageProblem = error.description
            self.logger.error("Write could not be made durable", metadata: ["error": "\(error)"])
            throw Refusal(error)
        }
        self.database.checkpointIfDue()
    }

    private func audit(
        _ action: String, _ token: StoredToken, by actor: Actor, at now: Timestamp, _ message: String?
    ) -> AuditEntry {
        AuditEntry(
            time: now, actor: actor.name, role: actor.role, action: action, subject: token.name, source: actor.source,
            requestID: actor.requestID, versionBefore: self.latest.number, versionAfter: self.latest.number,
            message: message)
    }
}

extension StoredToken {
    fileprivate init(_ new: NewToken, by actor: Actor, at now: Timestamp) {
        // Whole seconds, as the signed claim has them, and not less than was asked for.
        let end = new.lifetime.map { (now.milliseconds + Int64(clamping: $0) + 999) / 1000 * 1000 }
        self.init(
            id: RandomText.hexadecimal(bytes: 16), name: new.name, role: new.role.rawValue,
            labelSelector: new.labelSelector, createdBy: actor.name, createdAt: now,
            expiresAt: end.map(Timestamp.init(milliseconds:)))
    }
}
