package import GatewayModel

/// What a token says (RFC 7519 section 4). Whether it is true depends on `UnverifiedToken.verify`.
package final class Claims: Sendable {
    package let issuer: String?
    package let subject: String?
    /// Empty when there is no `aud`.
    package let audiences: [String]
    /// Seconds since 1970, rounded down; `nil` when there is no `exp`.
    package let expiresAt: Int64?
    /// Seconds since 1970, rounded up; `nil` when there is no `nbf`.
    package let notBefore: Int64?
    private let text: [UInt8]
    // Justified: claims are made, read and let go by one event loop; a worker has no other thread for requests.
    nonisolated(unsafe) private var made: Detail?

    /// What only some policies ask for.
    private struct Detail {
        let tree: JSON
        let scopes: [String]
    }

    /// - Parameter payload: the decoded payload of a token.
    init(payload: [UInt8]) throws(TokenFault) {
        let registered = try payload.withUnsafeBytes { bytes in
            Result { () throws(TokenFault) in try RegisteredClaims(reading: bytes) }
        }.get()
        self.issuer = registered.issuer
        self.subject = registered.subject
        self.audiences = registered.audiences
        self.expiresAt = registered.expiresAt
        self.notBefore = registered.notBefore
        self.text = payload
    }

    private var detail: Detail {
        if let made = self.made { return made }
        let tree = (try? JSON(parsing: self.text)) ?? .object(JSONObject())
        let detail = Detail(tree: tree, scopes: scopesOf(tree))
        self.made = detail
        return detail
    }
}

extension Claims {
    /// How many bytes the claims have as text: what a cache counts them as.
    package var byteCount: Int { self.text.count }

    /// The value at a path of member names; `nil` where there is none. The first call makes the tree, which stays.
    package func value(_ path: [String]) -> JSON? {
        var value = self.detail.tree
        for name in path {
            guard let member = value[name] else { return nil }
            value = member
        }
        return value
    }

    /// What the token may be used for: `scope`, separated by spaces (RFC 8693 section 4.2), or else `scp`, a list or text.
    package var scopes: [String] { self.detail.scopes }
}

extension Claims {
    /// Whether these claims are for us and good now. Who issued them is compared byte by byte.
    ///
    /// - Parameters:
    ///   - audiences: one of them must be in `aud`; with none nothing passes.
    ///   - leeway: seconds that clocks may differ by; less than zero counts as zero.
    ///   - now: seconds since 1970.
    package func check(issuer: String, audiences: [String], leeway: Int64, now: Int64) throws(TokenFault) {
        guard let own = self.issuer, equalText(own, issuer) else { throw .issuer }
        guard self.isFor(audiences) else { throw .audience }
        try self.checkTime(leeway: leeway, now: now)
    }

    /// The part of `check` that can change while claims wait in a cache; compares numbers and does nothing else.
    package func checkTime(leeway: Int64, now: Int64) throws(TokenFault) {
        let leeway = max(0, leeway)
        guard let expiresAt = self.expiresAt else { throw .missingExpiry }
        guard now < adding(expiresAt, leeway) else { throw .expired }
        if let notBefore = self.notBefore, adding(now, leeway) < notBefore { throw .notYetValid }
    }

    private func isFor(_ audiences: [String]) -> Bool {
        for index in self.audiences.indices {
            for other in audiences.indices where equalText(self.audiences[index], audiences[other]) { return true }
        }
        return false
    }
}

/// The sum, or the largest number when it is larger; `more` is not negative.
private func adding(_ number: Int64, _ more: Int64) -> Int64 {
    let (sum, isTooLarge) = number.addingReportingOverflow(more)
    return isTooLarge ? .max : sum
}

private func scopesOf(_ tree: JSON) -> [String] {
    guard let value = tree["scope"] ?? tree["scp"] else { return [] }
    switch value {
    case .string(let text): return text.split(separator: " ").map(String.init)
    case .array(let elements): return elements.compactMap(\.stringValue)
    default: return []
    }
}
