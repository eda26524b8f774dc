package import GatewayModel

/// What people want to know about a certificate: shown wherever its private key is not.
package struct CertificateSummary: Hashable, Sendable {
    package let subject: String
    package let issuer: String
    /// Host names, addresses and URIs.
    package let names: [String]
    /// Seconds since 1970.
    package let notBefore: Int64
    package let notAfter: Int64
    /// `sha256:` and lower-case hexadecimal.
    package let fingerprint: String
    package let keyType: String
    /// How many certificates there are with it.
    package let count: Int

    /// Of the first certificate of a PEM text; `nil` when that cannot be read.
    package init?(pem: String) {
        guard let chain = CertificateChain(pem: pem), let validity = chain.validity(0) else { return nil }
        self.subject = chain.subject(0)
        self.issuer = chain.issuer(0)
        self.names = chain.names(0)
        self.notBefore = validity.lowerBound
        self.notAfter = validity.upperBound
        self.fingerprint = "sha256:" + chain.fingerprint(0).map(\.hexadecimal).joined()
        self.keyType = chain.keyType(0)
        self.count = chain.count
    }

    /// As reads show it under `info`.
    package var json: JSON {
        [
            "subject": .string(self.subject), "issuer": .string(self.issuer),
            "names": .array(self.names.map { .string($0) }), "notBefore": .string(internetDate(self.notBefore)),
            "notAfter": .string(internetDate(self.notAfter)), "fingerprint": .string(self.fingerprint),
            "keyType": .string(self.keyType), "certificates": .integer(Int64(self.count)),
        ]
    }
}

extension UInt8 {
    fileprivate var hexadecimal: String { (self < 16 ? "0" : "") + String(self, radix: 16) }
}
