import JOSE

/// The key sets that were fetched, by URL; one loop owns it.
package final class KeyRing {
    /// Milliseconds between an answer and the next question about the same set: tokens with made-up keys cost no more.
    static let pause: UInt64 = 10_000

    private struct Entry {
        var keys: KeySet?
        /// The last fetch came to nothing.
        var hasFailed = false
        var answeredAt: UInt64 = 0
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
    ///   - now: milliseconds on a clock that only goes forward.
    /// - Returns: what is wrong with the set, for people.
    package func take(_ uri: String, _ body: [UInt8]?, hasFailed: Bool, at now: UInt64) -> [String] {
        var entry = self.entries[uri] ?? Entry()
        entry.answeredAt = now
        entry.hasFailed = hasFailed
        var problems: [String] = []
        if let body {
            do throws(KeySetError) {
                let keys = try KeySet(parsing: body)
                problems = keys.problems
                entry.keys = keys
            } catch {
                problems = ["it is no key set"]
                entry.hasFailed = true
            }
        }
        self.entries[uri] = entry
        self.generation &+= 1
        return problems
    }

    /// `nil` before the first answer, and while there was no good one.
    func keys(_ uri: String) -> KeySet? { self.entries[uri]?.keys }

    /// What to do about a token whose key is not known.
    enum Advice {
        /// The issuer may have published it meanwhile.
        case ask
        /// The issuer does not have it.
        case unknown
        /// The issuer cannot be asked.
        case unreachable
    }

    /// - Parameter now: milliseconds on the clock of `take`.
    func advice(_ uri: String, at now: UInt64) -> Advice {
        guard let entry = self.entries[uri] else { return .ask }
        if entry.hasFailed { return .unreachable }
        return now &- entry.answeredAt >= Self.pause ? .ask : .unknown
    }
}
