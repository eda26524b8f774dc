package import HTTPWire
package import Routing

/// A request as access rules see it. It owns nothing: it holds while the head and its bytes stand.
package struct AccessRequest {
    /// Path, method, fields, query and cookies; the path is the canonical one that routing saw.
    package let request: RouteRequest
    /// Whose request it is, by the listener's rules.
    package let client: IPBytes
    /// The client speaks TLS, with the gateway or with a proxy that is trusted.
    package let isSecure: Bool
    /// The authority that the request is for, as it was sent.
    package let authority: UnsafeRawBufferPointer
    /// What the connection has proved; `nil` for no certificate, or one that was not verified.
    package let certificate: CertificateNames?

    package init(
        _ request: RouteRequest, client: IPBytes, isSecure: Bool, authority: UnsafeRawBufferPointer,
        certificate: CertificateNames?
    ) {
        self.request = request
        self.client = client
        self.isSecure = isSecure
        self.authority = authority
        self.certificate = certificate
    }
}

/// The names in a verified client certificate.
package final class CertificateNames: Sendable {
    /// As RFC 4514 has it.
    package let subject: String
    package let dnsNames, uris: [String]
    /// SHA-256 of the certificate in lower-case hex.
    package let fingerprint: String

    package init(subject: String, dnsNames: [String], uris: [String], fingerprint: String) {
        self.subject = subject
        self.dnsNames = dnsNames
        self.uris = uris
        self.fingerprint = fingerprint
    }
}
