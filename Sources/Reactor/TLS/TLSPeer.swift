internal import COpenSSL

/// What the certificate of the other side says.
package struct TLSPeer: Hashable, Sendable {
    /// Whether it was found good when the session began; a resumed session has the verdict of its first handshake.
    package let isVerified: Bool
    /// RFC 2253.
    package let subject: String
    /// As written; those with bytes that no name has are left out.
    package let dnsNames: [String]
    package let uris: [String]
    /// SHA-256 of the certificate's DER, in lower-case hex.
    package let fingerprint: String
    package let pem: String
    /// The certificate, and the others that came with it. A resumed session has only the certificate.
    package let chainPEM: String

    init(_ peer: OpaquePointer) {
        self.isVerified = sluice_tls_peer_is_verified(peer) == 1
        self.subject = collectTexts { sluice_tls_peer_subject(peer, $0, $1) }.first ?? ""
        self.dnsNames = collectTexts { sluice_tls_peer_names(peer, 0, $0, $1) }
        self.uris = collectTexts { sluice_tls_peer_names(peer, 1, $0, $1) }
        self.pem = collectTexts { sluice_tls_peer_pem(peer, 0, $0, $1) }.first ?? ""
        self.chainPEM = collectTexts { sluice_tls_peer_pem(peer, 1, $0, $1) }.first ?? ""
        self.fingerprint = Self.fingerprint(of: peer)
    }

    private static func fingerprint(of peer: OpaquePointer) -> String {
        let digits = Array("0123456789abcdef".unicodeScalars)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
            guard sluice_tls_peer_fingerprint(peer, digest.baseAddress) == 1 else { return "" }
            var text = String.UnicodeScalarView()
            for byte in digest {
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
            return String(text)
        }
    }
}
