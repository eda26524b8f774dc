import ControlProtocol

/// What the tokens in affinity cookies are made with: the same on all replicas of a configuration, and unknown to clients, so
/// that a value that nobody gave them names nothing.
package struct AffinityKey: Sendable {
    /// Characters of a token.
    package static let tokenCount = 22

    private let key: [UInt8]

    /// - Parameter identity: of the configuration's history.
    package init(identity: String) {
        self.key = SHA256Digest(authenticating: Array(identity.utf8), key: Array("sluice affinity".utf8)).bytes
    }

    /// Of a share of a route.
    ///
    /// - Parameter place: among the route's shares of that upstream.
    package func token(route: String, upstream: String, place: Int) -> [UInt8] {
        self.token(["share", route, upstream, "\(place)"])
    }

    /// Of an endpoint of an upstream.
    package func token(upstream: String, endpoint: String) -> [UInt8] { self.token(["endpoint", upstream, endpoint]) }

    private func token(_ parts: [String]) -> [UInt8] {
        let message = parts.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
        return SHA256Digest(authenticating: message, key: self.key).bytes.prefix(16).base64url
    }
}

extension ArraySlice<UInt8> {
    /// Base64 for URLs without padding (RFC 4648 section 5).
    fileprivate var base64url: [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        for start in stride(from: self.startIndex, to: self.endIndex, by: 3) {
            let group = self[start..<Swift.min(start + 3, self.endIndex)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0...group.count {
                text.append(digits[Int(bits >> UInt32(18 - 6 * position)) & 63])
            }
        }
        return text
    }
}
