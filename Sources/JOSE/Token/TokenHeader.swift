import GatewayModel

/// What the header of a token says (RFC 7515 section 4.1). It is anybody's: it may choose among keys and never bring one.
///
/// `jwk`, `jku`, `x5u`, `x5c` and `x5t` are read by nobody: a key comes from the key set and from nowhere else (RFC 8725
/// section 3.10).
struct TokenHeader: TokenMembers {
    private(set) var algorithm: JWTAlgorithm?
    private(set) var keyID: String?

    init() {}

    mutating func take(_ name: UnsafeRawBufferPointer, _ value: MemberValue) throws(TokenFault) {
        if equalText(name, "alg") {
            // `none` is no algorithm of the model, in no spelling: names are compared with their case.
            guard let algorithm = JWTAlgorithm(rawValue: try value.string()) else { throw .algorithm }
            self.algorithm = algorithm
        } else if equalText(name, "kid") {
            self.keyID = try value.string()
        } else if equalText(name, "typ") {
            guard isTokenType(try value.string()) else { throw .malformed }
        } else if equalText(name, "crit") || equalText(name, "b64") {
            throw .critical
        } else if equalText(name, "zip") || equalText(name, "enc") {
            throw .malformed
        }
    }
}

/// Whether `typ` is that of a token that may grant access: JWT (RFC 7519 section 5.1) or at+jwt (RFC 9068 section 2.1).
///
/// RFC 8725 section 3.11: kinds of tokens must not stand in for each other, so that a logout token or a proof of possession
/// of the same issuer is none. It is a media type, whose case does not count and whose `application/` may be left out.
private func isTokenType(_ type: String) -> Bool {
    if type == "JWT" { return true }
    let bytes = type.utf8.map { byte in UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte }
    let prefix = Array("application/".utf8)
    let rest = bytes.starts(with: prefix) ? bytes.dropFirst(prefix.count) : bytes[...]
    return rest.elementsEqual("jwt".utf8) || rest.elementsEqual("at+jwt".utf8)
}
