/// A certificate chain with its key, as texts.
package struct TLSCertificate: Hashable, Sendable {
    /// PEM, the leaf first.
    package var chain: String
    /// PEM, without a password.
    package var privateKey: String
    /// A DER response to staple (RFC 6066 section 8).
    package var ocspResponse: [UInt8]?

    package init(chain: String, privateKey: String, ocspResponse: [UInt8]? = nil) {
        self.chain = chain
        self.privateKey = privateKey
        self.ocspResponse = ocspResponse
    }
}

/// The lowest version that is spoken; 1.3 is always the highest.
package enum TLSVersion: String, Sendable, CaseIterable, Comparable {
    case v12 = "1.2"
    case v13 = "1.3"

    package static func < (left: Self, right: Self) -> Bool { left == .v12 && right == .v13 }
}

/// How the certificates of clients are treated.
package struct TLSClientValidation: Hashable, Sendable {
    package enum Mode: Sendable {
        /// Only clients with a valid certificate.
        case require
        /// Clients without a certificate too, but none with an invalid one.
        case optional
        /// Everyone; `TLSPeer.isVerified` tells.
        case request
    }

    package var mode: Mode
    /// PEM, one or more certificates each. What is listed is trusted, a root or not.
    package var authorities: [String]
    /// PEM. With any list, the leaf's issuer needs one.
    package var revocationLists: [String]

    package init(mode: Mode, authorities: [String], revocationLists: [String] = []) {
        self.mode = mode
        self.authorities = authorities
        self.revocationLists = revocationLists
    }
}

/// What a listener says about TLS.
package struct TLSServerSettings: Hashable, Sendable {
    /// Never empty; the first is the default.
    package var certificates: [TLSCertificate]
    package var minVersion: TLSVersion
    /// In order of preference; empty: no protocol is negotiated.
    package var alpn: [String]
    package var clientValidation: TLSClientValidation?
    /// Up to 32 bytes; a ticket is only good under the same one. With client certificates it should change with the authorities,
    /// because a resumed session is not verified again.
    package var sessionContext: [UInt8]

    package init(
        certificates: [TLSCertificate], minVersion: TLSVersion = .v12, alpn: [String] = [],
        clientValidation: TLSClientValidation? = nil, sessionContext: [UInt8] = []
    ) {
        self.certificates = certificates
        self.minVersion = minVersion
        self.alpn = alpn
        self.clientValidation = clientValidation
        self.sessionContext = sessionContext
    }
}

/// How upstreams are spoken to.
package struct TLSClientSettings: Hashable, Sendable {
    /// A name that the server's certificate may have.
    package enum Name: Hashable, Sendable {
        /// Compared as RFC 9525 says, with wildcards.
        case dns(String)
        /// Compared byte by byte.
        case uri(String)
    }

    /// PEM; empty: those of the system.
    package var authorities: [String]
    package var verifies: Bool
    /// Sent as SNI, and verified unless `subjectAltNames` says otherwise. An IP address is verified and not sent.
    package var serverName: String?
    /// Any of them is enough.
    package var subjectAltNames: [Name]
    package var certificate: TLSCertificate?
    package var alpn: [String]
    package var minVersion: TLSVersion

    package init(
        authorities: [String] = [], verifies: Bool = true, serverName: String? = nil, subjectAltNames: [Name] = [],
        certificate: TLSCertificate? = nil, alpn: [String] = [], minVersion: TLSVersion = .v12
    ) {
        self.authorities = authorities
        self.verifies = verifies
        self.serverName = serverName
        self.subjectAltNames = subjectAltNames
        self.certificate = certificate
        self.alpn = alpn
        self.minVersion = minVersion
    }
}
