/// How a listener speaks TLS.
package struct ListenerTLS: Hashable, Sendable {
    /// Names of certificates; never empty. The first serves names that no other has.
    package let certificates: [String]
    /// The lowest version.
    package let minVersion: MinTLSVersion
    /// Protocols that ALPN may choose, the preferred one first.
    package let alpn: [ALPNProtocol]
    /// `nil`: no client certificate is asked for.
    package let clientValidation: ClientValidation?
}

/// The lowest version of TLS that is spoken; 1.3 is always the highest.
package enum MinTLSVersion: String, CaseIterable, Sendable {
    case v12 = "1.2"
    case v13 = "1.3"
}

/// Protocols by their names in ALPN (RFC 7301).
package enum ALPNProtocol: String, CaseIterable, Sendable {
    case http2 = "h2"
    case http11 = "http/1.1"
}

/// Which certificates clients need.
package struct ClientValidation: Hashable, Sendable {
    /// What a client without a valid certificate gets.
    package enum Mode: String, CaseIterable, Sendable {
        /// No connection.
        case require
        /// A connection when it has none, and no connection when it has a bad one.
        case optional
        /// A connection; only a verified certificate is ever an identity.
        case request
    }

    /// What becomes of `X-Forwarded-Client-Cert`, named as Envoy names it.
    package enum Forwarding: String, CaseIterable, Sendable {
        /// It is dropped.
        case sanitize
        /// It is dropped, and written anew when the client has a verified certificate.
        case sanitizeSet = "sanitize-set"
        /// It passes when the client has a verified certificate, else it is dropped.
        case forwardOnly = "forward-only"
        /// As `forward-only`, with this client's own entry behind it.
        case appendForward = "append-forward"
        /// It passes.
        case alwaysForwardOnly = "always-forward-only"
    }

    package let mode: Mode
    /// Names of certificates of usage `ca`; never empty.
    package let authorities: [String]
    /// Revocation lists in PEM.
    package let revocationLists: [String]
    package let forwarding: Forwarding
}

extension ListenerTLS {
    init?(_ reader: inout ObjectReader, _ proto: ListenerProtocol) {
        let collector = reader.collector
        self.certificates =
            reader.required("certificates") { json in
                if json == [] { collector.report("range", "at least one certificate is required") }
                return collector.distinctList(json) { collector.name($0) }
            } ?? []
        self.minVersion = reader.read("minVersion", default: .v12) { collector.word($0, MinTLSVersion.self) }
        self.alpn = reader.read("alpn", default: proto == .https ? [.http2, .http11] : []) { json in
            if proto != .https { collector.report("conflict", "alpn is for https") }
            return collector.distinctList(json) { collector.word($0, ALPNProtocol.self) }
        }
        self.clientValidation = reader.optional("clientValidation") { json in
            collector.object(json) { ClientValidation(&$0) }
        }
    }
}

extension ClientValidation {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.mode = reader.read("mode", default: .require) { collector.word($0, Mode.self) }
        self.authorities =
            reader.required("ca") { json in
                if json == [] { collector.report("range", "at least one authority is required") }
                return collector.distinctList(json) { collector.name($0) }
            } ?? []
        self.revocationLists = reader.read("crl", default: []) { json in
            collector.list(json) { collector.pem($0, "X509 CRL") }
        }
        self.forwarding = reader.read("forward", default: .sanitize) { collector.word($0, Forwarding.self) }
    }
}

extension FaultCollector {
    /// Text in PEM (RFC 7468) of one kind or more; what is inside is checked by whoever knows how.
    func pem(_ json: JSON, _ label: String) -> String? {
        guard let text = self.string(json) else { return nil }
        if text.contains("PRIVATE KEY-----") {
            self.report("conflict", "a private key has no place in it", hint: "what stands here is shown to readers")
            return nil
        }
        if text.contains("-----BEGIN \(label)-----"), text.contains("-----END \(label)-----") { return text }
        self.report("format", "expected PEM with -----BEGIN \(label)-----")
        return nil
    }
}
