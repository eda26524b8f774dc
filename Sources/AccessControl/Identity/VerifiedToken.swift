package import GatewayModel
package import JOSE

/// A token that was verified, with what its policy makes of it: once, and not with every request that shows it.
final class VerifiedToken: Sendable {
    let claims: Claims
    /// Seconds.
    private let leeway: Int64
    /// What the backend is told.
    let lines: IdentityLines
    /// It says too little for its policy.
    let lack: AccessReason?

    init(_ claims: Claims, leeway: Int64, _ policy: JWTPolicy) {
        self.claims = claims
        self.leeway = leeway
        self.lack = Self.lack(of: claims, policy)
        var lines = IdentityLines()
        for header in policy.claimHeaders {
            if let text = claims.value(header.claim)?.claimText { lines.set(header.header, text) }
        }
        self.lines = lines
    }

    private static func lack(of claims: Claims, _ policy: JWTPolicy) -> AccessReason? {
        let scopes = policy.scopes.isEmpty ? [] : claims.scopes
        // By bytes: to Swift texts are equal that are not the same.
        let hasAll = policy.scopes.allSatisfy { wanted in
            scopes.contains { $0.utf8.elementsEqual(wanted.utf8) }
        }
        if !hasAll { return .insufficientScope }
        return policy.claims.allSatisfy { $0.holds(claims) } ? nil : .claimMismatch
    }

    /// Time has passed since it was verified.
    func fault(at now: Int64) -> TokenFault? {
        do throws(TokenFault) {
            try self.claims.checkTime(leeway: self.leeway, now: now)
            return nil
        } catch {
            return error
        }
    }
}

extension Claims: AccessClaims {
    package func value(at path: [String]) -> JSON? { self.value(path) }
}

extension JSON {
    /// As a field's value: a text as it is, a number or truth value as JSON has it, a list of those with commas between them
    /// (RFC 9110 section 5.6.1) unless an element has one itself. `nil` for anything else.
    fileprivate var claimText: String? {
        switch self {
        case .string(let text): return text
        case .bool, .integer, .double: return String(decoding: self.encoded(), as: UTF8.self)
        case .array(let elements):
            var texts: [String] = []
            for element in elements {
                guard element.arrayValue == nil, let text = element.claimText, !text.contains(",") else { return nil }
                texts.append(text)
            }
            return texts.joined(separator: ",")
        case .null, .object: return nil
        }
    }
}
