package import GatewayModel

/// How the endpoints of an upstream are probed.
package struct ProbeSettings: Hashable, Sendable {
    /// Which HTTP is spoken.
    package enum Version: Hashable, Sendable {
        case http1
        /// HTTP/2 without TLS, known to be spoken.
        case http2
        /// Under TLS, what ALPN chooses.
        case negotiated
    }

    package let check: ActiveCheck
    package let version: Version
    /// `nil`: plain TCP.
    package let tls: ProbeTLS?

    package init(check: ActiveCheck, proto: UpstreamProtocol, tls: ProbeTLS?) {
        self.check = check
        self.tls = tls
        switch (proto, check.probe) {
        case (.h2, _), (.auto, _): self.version = .negotiated
        case (.h2c, _): self.version = .http2
        case (.http1, .grpc): self.version = tls == nil ? .http2 : .negotiated
        case (.http1, _): self.version = .http1
        }
    }
}

/// How TLS is spoken to endpoints; certificates and keys are PEM.
package struct ProbeTLS: Hashable, Sendable {
    /// Empty: the system's authorities.
    package let authorities: [String]
    /// Sent as SNI and verified, unless `names` says otherwise; `nil`: the endpoint's address is verified.
    package let serverName: String?
    /// Any of them is enough.
    package let names: [UpstreamTLS.Name]
    package let certificate: String?
    package let privateKey: String?
    package let verifies: Bool

    package init(
        authorities: [String], serverName: String?, names: [UpstreamTLS.Name], certificate: String?,
        privateKey: String?, verifies: Bool
    ) {
        self.authorities = authorities
        self.serverName = serverName
        self.names = names
        self.certificate = certificate
        self.privateKey = privateKey
        self.verifies = verifies
    }
}

/// One address that is probed.
package struct ProbeTarget: Hashable, Sendable {
    package let upstream: String
    package let address: IPAddress
    /// Where requests go; the probe may go to another.
    package let port: UInt16

    package init(upstream: String, _ endpoint: UpstreamEndpoint) {
        self.upstream = upstream
        self.address = endpoint.address
        self.port = endpoint.port
    }

    /// `UpstreamEndpoint.authority`.
    package var authority: String { self.address.authority(port: self.port) }
}
