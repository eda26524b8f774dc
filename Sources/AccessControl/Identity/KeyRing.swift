import JOSE

/// The key sets that were fetched, by URL; one loop owns it.
package final class KeyRing {
    /// Milliseconds between two questions about the same set: tokens with made-up keys cost no more.
    static let pause: UInt64 = 10_000

    private struct Entry {
        var keys: KeySet?
        /// What `keys` was made of.
        var body: [UInt8] = []
        /// The last fetch came to nothing.
        var hasFailed = false
        /// When it was asked for last; `nil`: never.
        var askedAt: UInt64?
        /// It was asked for, and there is no answer yet.
        var isAwaited = false
    }

    private var entries: [String: Entry] = [:]
    /// Another one with each set that changes: what was verified with an earlier one counts no more.
    private(set) var generation: UInt32 = 0

    package init() {}

    /// Takes in what is known of a set now.
    ///
    /// - Parameters:
    ///   - body: of the last good fetch; `nil`: there was none.
    ///   - hasFailed: the last fetch came to nothing, whatever is known from before.
    /// - Returns: what is wrong with the set, for people.
    package func take(_ uri: String, _ body: [UInt8]?, hasFailed: Bool) -> [String] {
        var entry = self.entries[uri] ?? Entry()
        entry.isAwaited = false
        entry.hasFailed = hasFailed
        defer { self.entries[uri] = entry }
        guard let body, entry.keys == nil || body != entry.body else { return [] }
        do throws(KeySetError) {
            let keys = try KeySet(parsing: body)
            (entry.keys, entry.body) = (keys, body)
            self.generation &+= 1
            return keys.problems
        } catch {
            entry.hasFailed = true
            return ["it is no key set"]
        }
    }

    /// `nil` before the first answer, and while there was no good one.
    func keys(_ uri: String) -> KeySet? { self.entries[uri]?.keys }

    /// What to do about a token whose key is not known.
    enum Advice {
        /// The issuer may have published it meanwhile: wait for an answer.
        case ask
        /// The issuer does not have it.
        case unknown
        /// The issuer cannot be asked.
        case unreachable
    }

    /// Notes that somebody waits for the set.
    ///
    /// - Parameter now: milliseconds on a clock that only goes forward.
    /// - Returns: whether it is to be asked for; otherwise somebody has, or it is the first answer that is waited for, which
    ///   comes by itself.
    package func wait(for uri: String, at now: UInt64) -> Bool {
        var entry = self.entries[uri] ?? Entry()
        // An answer that never came is asked for again.
        let isLate = entry.askedAt.map { now &- $0 >= Self.pause } ?? false
        if entry.isAwaited, !isLate { return false }
        let isKnown = entry.keys != nil
        entry.isAwaited = true
        if isKnown { entry.askedAt = now }
        self.entries[uri] = entry
        return isKnown
    }

    /// - Parameter now: milliseconds on the clock of `wait`.
    func advice(_ uri: String, at now: UInt64) -> Advice {
        guard let entry = self.entries[uri] else { return .ask }
        if entry.isAwaited { return .ask }
        if entry.hasFailed { return .unreachable }
        guard let askedAt = entry.askedAt, now &- askedAt < Self.pause else { return .ask }
        return .unknown
    }
}
