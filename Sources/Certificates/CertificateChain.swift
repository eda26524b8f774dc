import CCrypto

/// The certificates of a PEM text, parsed; the one place where the C library reads them.
package struct CertificateChain: ~Copyable {
    private let chain: OpaquePointer

    /// - Returns: `nil` when there is none, or one that cannot be read.
    package init?(pem: String) {
        var pem = pem
        guard let chain = pem.withUTF8({ sluice_chain_read($0.chars, $0.count) }) else {
            return nil
        }
        self.chain = chain
    }

    deinit { sluice_chain_free(self.chain) }

    /// At least 1.
    package var count: Int { Int(sluice_chain_count(self.chain)) }

    /// Whether a certificate is signed by the one behind it.
    func isIssuedByNext(_ index: Int) -> Bool { sluice_chain_is_issued_by_next(self.chain, index) == 1 }

    /// Whether it says CA:TRUE.
    func isAuthority(_ index: Int) -> Bool { sluice_chain_is_authority(self.chain, index) == 1 }

    /// Seconds since 1970; `nil` when a date makes no sense.
    func validity(_ index: Int) -> ClosedRange<Int64>? {
        var (first, last): (Int64, Int64) = (0, 0)
        guard sluice_chain_dates(self.chain, index, &first, &last) == 1, first <= last else { return nil }
        return first...last
    }

    /// As RFC 4514 writes names.
    func subject(_ index: Int) -> String {
        Self.texts { sluice_chain_subject(self.chain, index, $0, $1) }.first ?? ""
    }

    func issuer(_ index: Int) -> String {
        Self.texts { sluice_chain_issuer(self.chain, index, $0, $1) }.first ?? ""
    }

    /// What it may be used for: host names, addresses, URIs.
    func names(_ index: Int) -> [String] { Self.texts { sluice_chain_names(self.chain, index, $0, $1) } }

    /// `rsa-2048`, `ecdsa-prime256v1`, `ed25519`.
    func keyType(_ index: Int) -> String {
        Self.texts { sluice_chain_key_type(self.chain, index, $0, $1) }.first ?? "unknown"
    }

    /// SHA-256 of the whole certificate.
    func fingerprint(_ index: Int) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        return sluice_chain_fingerprint(self.chain, index, &digest) == 1 ? digest : []
    }

    /// Whether a private key is that of the first certificate; `nil` when it cannot be read.
    func hasKey(_ pem: String) -> Bool? {
        var pem = pem
        return Self.answer(pem.withUTF8 { sluice_chain_has_key(self.chain, $0.chars, $0.count) })
    }

    /// Whether an OCSP response in DER is about the first certificate; `nil` when it cannot be read.
    func hasResponse(_ bytes: [UInt8]) -> Bool? { Self.answer(sluice_chain_has_ocsp(self.chain, bytes, bytes.count)) }

    private static func answer(_ result: Int32) -> Bool? { result < 0 ? nil : result == 1 }

    private static func texts(_ read: (sluice_text, UnsafeMutableRawPointer) -> Void) -> [String] {
        var texts: [String] = []
        withUnsafeMutablePointer(to: &texts) { texts in
            read(
                { closure, bytes, count in
                    guard let closure, let bytes else { return }
                    let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
                    closure.assumingMemoryBound(to: [String].self).pointee.append(text)
                }, UnsafeMutableRawPointer(texts))
        }
        return texts
    }
}

/// Whether a PEM text holds revocation lists and nothing that cannot be read.
func areRevocationLists(_ pem: String) -> Bool {
    var pem = pem
    return pem.withUTF8 { sluice_revocations_parse($0.chars, $0.count) } == 1
}

extension UnsafeBufferPointer<UInt8> {
    /// The same bytes as C has text.
    fileprivate var chars: UnsafePointer<CChar>? {
        UnsafeRawPointer(self.baseAddress)?.assumingMemoryBound(to: CChar.self)
    }
}
