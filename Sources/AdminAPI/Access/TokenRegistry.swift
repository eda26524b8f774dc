import Storage
import Synchronization

/// The tokens that are good, in memory: a signature alone opens nothing.
final class TokenRegistry: Sendable {
    private struct Entry {
        let token: StoredToken
        let caller: Caller
    }

    private let entries = Mutex<[String: Entry]>([:])

    init(_ tokens: [StoredToken]) {
        for token in tokens { self.add(token) }
    }

    /// Takes the place of a token with the same name.
    ///
    /// One with a role or a selector that this program does not understand is good for nothing.
    func add(_ token: StoredToken) {
        guard let caller = Caller(token) else { return }
        self.entries.withLock { entries in
            if let old = entries.first(where: { $0.value.token.name == token.name }) { entries[old.key] = nil }
            entries[token.id] = Entry(token: token, caller: caller)
        }
    }

    func remove(id: String) { self.entries.withLock { $0[id] = nil } }

    /// Whom the token with this id stands for.
    ///
    /// - Parameter now: seconds since 1970.
    func caller(id: String, now: Int) -> Caller? {
        self.entries.withLock { entries in
            entries[id].flatMap { $0.token.isGood(at: now) ? $0.caller : nil }
        }
    }

    func token(named name: String, now: Int) -> StoredToken? { self.all(now: now).first { $0.name == name } }

    /// Those that have not expired, by name.
    func all(now: Int) -> [StoredToken] {
        self.entries.withLock { $0.values.map(\.token) }.filter { $0.isGood(at: now) }.sorted { $0.name < $1.name }
    }
}

extension StoredToken {
    fileprivate func isGood(at now: Int) -> Bool {
        guard let expiresAt else { return true }
        return Int64(now) < expiresAt.milliseconds / 1000
    }
}

extension Caller {
    fileprivate init?(_ token: StoredToken) {
        guard let role = Role(rawValue: token.role) else { return nil }
        var scope = LabelSelector.all
        if let text = token.labelSelector {
            guard let selector = try? LabelSelector(parsing: text) else { return nil }
            scope = selector
        }
        self.init(id: token.id, name: token.name, role: role, scope: scope)
    }
}
