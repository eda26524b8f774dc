package import GatewayModel

/// A token in the compact form (RFC 7515 section 7.1), taken apart and not trusted. The buffer must outlive it.
///
/// Refused besides what the grammar refuses: more than `sizeLimit` bytes, a header of more than `headerLimit`, duplicate
/// members, anything but an object in header and payload.
package struct UnverifiedToken: ~Copyable {
    /// Bytes of a token; with the longest line of a head there would be no room for others.
    package static let sizeLimit = 8192
    /// Bytes of a header, decoded.
    package static let headerLimit = 1024

    /// What is signed: the first two parts with the dot between them.
    let signed: UnsafeRawBufferPointer
    /// The third part, decoded.
    let signature: [UInt8]
    /// What the header names.
    package let algorithm: JWTAlgorithm
    /// The key that the header names; `nil` when it names none.
    package let keyID: String?
    /// What the token says; nothing of it is known to be true before `verify` has returned.
    package let claims: Claims

    /// To choose whose keys to verify with.
    package var issuer: String? { self.claims.issuer }

    package init(parsing token: UnsafeRawBufferPointer) throws(TokenFault) {
        self = try parse(token)
    }

    fileprivate init(
        signed: UnsafeRawBufferPointer, signature: [UInt8], algorithm: JWTAlgorithm, keyID: String?, claims: Claims
    ) {
        self.signed = signed
        self.signature = signature
        self.algorithm = algorithm
        self.keyID = keyID
        self.claims = claims
    }
}

private func parse(_ token: UnsafeRawBufferPointer) throws(TokenFault) -> UnverifiedToken {
    guard token.count <= UnverifiedToken.sizeLimit else { throw .tooLarge }
    guard let first = offset(of: UInt8(ascii: "."), in: token, from: 0),
        let second = offset(of: UInt8(ascii: "."), in: token, from: first &+ 1)
    else { throw .malformed }
    let header = try readHeader(UnsafeRawBufferPointer(rebasing: token[..<first]))
    // A third dot is no character of base64url.
    guard let algorithm = header.algorithm,
        let signature = Base64URL.decode(UnsafeRawBufferPointer(rebasing: token[(second &+ 1)...])),
        let payload = Base64URL.decode(UnsafeRawBufferPointer(rebasing: token[(first &+ 1)..<second]))
    else { throw .malformed }
    return UnverifiedToken(
        signed: UnsafeRawBufferPointer(rebasing: token[..<second]), signature: signature, algorithm: algorithm,
        keyID: header.keyID, claims: try Claims(payload: payload))
}

private func readHeader(_ text: UnsafeRawBufferPointer) throws(TokenFault) -> TokenHeader {
    guard let count = Base64URL.count(decoding: text.count) else { throw .malformed }
    guard count <= UnverifiedToken.headerLimit else { throw .tooLarge }
    return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { bytes in
        Result { () throws(TokenFault) in
            guard Base64URL.decode(text, into: bytes) else { throw .malformed }
            return try TokenHeader(reading: UnsafeRawBufferPointer(bytes))
        }
    }.get()
}
