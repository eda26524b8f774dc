import GatewayModel

/// The claims that every token is checked by (RFC 7519 section 4.1). Of the wrong type, they are refused.
struct RegisteredClaims: TokenMembers {
    private(set) var issuer: String?
    private(set) var subject: String?
    private(set) var audiences: [String] = []
    private(set) var expiresAt: Int64?
    private(set) var notBefore: Int64?

    init() {}

    mutating func take(_ name: UnsafeRawBufferPointer, _ value: MemberValue) throws(TokenFault) {
        guard name.count == 3 else { return }
        if equalText(name, "iss") {
            self.issuer = try value.string()
        } else if equalText(name, "sub") {
            self.subject = try value.string()
        } else if equalText(name, "aud") {
            self.audiences = try texts(try value.json())
        } else if equalText(name, "exp") {
            // A token is never good for a fraction of a second longer than it says.
            self.expiresAt = try seconds(try value.json(), .down)
        } else if equalText(name, "nbf") {
            self.notBefore = try seconds(try value.json(), .up)
        }
    }
}

/// One text or a list of them.
private func texts(_ value: JSON) throws(TokenFault) -> [String] {
    switch value {
    case .string(let text): return [text]
    case .array(let elements):
        let texts = elements.compactMap(\.stringValue)
        guard texts.count == elements.count else { throw .malformed }
        return texts
    default: throw .malformed
    }
}

/// A NumericDate (RFC 7519 section 2): any finite number; what no integer holds is as far away as one can be.
private func seconds(_ value: JSON, _ rounding: FloatingPointRoundingRule) throws(TokenFault) -> Int64 {
    switch value {
    case .integer(let number): return number
    case .double(let number): return Int64(exactly: number.rounded(rounding)) ?? (number < 0 ? .min : .max)
    default: throw .malformed
    }
}
