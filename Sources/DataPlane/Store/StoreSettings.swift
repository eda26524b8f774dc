import GatewayModel

/// Where the store of global limits is, and how it is spoken to.
package struct StoreSettings: Hashable, Sendable {
    /// A name or an IP address.
    package let host: String
    package let port: UInt16
    package let isSecure: Bool
    /// Empty: the store's default user.
    package let user: String
    package let database: Int
    /// `nil`: it asks for none.
    package var password: String?
    /// PEM; empty: the system's.
    package var authorities = ""
    /// Milliseconds that a request waits for an answer.
    package var timeout: UInt64 = 100

    /// Reads `redis://[USER@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS.
    ///
    /// - Returns: `nil` for any other text; a password has no place in it.
    package init?(url: String) {
        let scheme = ["rediss://", "redis://"].first { url.hasPrefix($0) }
        guard let scheme else { return nil }
        var rest = url.dropFirst(scheme.count)
        self.isSecure = scheme == "rediss://"
        var database: Int? = 0
        if let slash = rest.firstIndex(of: "/") {
            let text = rest[rest.index(after: slash)...]
            if !text.isEmpty { database = Int(text) }
            rest = rest[..<slash]
        }
        var user = ""
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var port: UInt16? = 6379
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            port = UInt16(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        guard let database, (0...1_000_000).contains(database), let port, port > 0, !rest.isEmpty, !user.contains(":"),
            !user.utf8.contains(where: { $0 <= 0x20 }), !rest.utf8.contains(where: { $0 <= 0x20 })
        else { return nil }
        (self.host, self.port, self.user, self.database) = (String(rest), port, user, database)
    }

    /// Takes a duration such as `100ms`; any other text changes nothing.
    package mutating func readTimeout(_ text: String) {
        if let milliseconds = parseMilliseconds(text) { self.timeout = milliseconds }
    }
}
