/// What is spoken at a listener's port.
package enum ListenerProtocol: String, CaseIterable, Sendable {
    /// HTTP/1.1, and HTTP/2 with prior knowledge.
    case http
    /// The same under TLS; HTTP/2 by ALPN.
    case https
    /// Routed by server name; with certificates TLS ends here and the bytes are forwarded, without them it passes through.
    case tls
    /// Bytes, forwarded as they come.
    case tcp

    /// Requests are seen, so that routes may have conditions on them.
    package var isHTTP: Bool { self == .http || self == .https }
}

/// Whether connections begin with a header of the PROXY protocol.
package enum ProxyProtocolMode: String, CaseIterable, Sendable {
    case off, optional, required
}

/// Where the gateway listens, and what it lets through before a route is known.
package struct Listener: Hashable, Sendable {
    /// Unique among listeners.
    package let name: String
    /// Where the socket is bound.
    package let address: IPAddress
    /// From 1.
    package let port: UInt16
    /// What is spoken there.
    package let proto: ListenerProtocol
    /// Empty: what no other listener of this address and port takes.
    package let hostnames: [HostPattern]
    /// There for `https`, and for `tls` where it ends here.
    package let tls: ListenerTLS?
    /// Whether a balancer says who the client is before anything else.
    package let proxyProtocol: ProxyProtocolMode
    /// Whose request it is when balancers stand in front.
    package let clientAddress: ClientAddressSource
    /// What one connection and one request may be.
    package let limits: ListenerLimits
    /// Streams of HTTP/2 that a client may have open at once.
    package let maxConcurrentStreams: Int
    /// The port that browsers see, when it is another one.
    package let publicPort: UInt16?
    /// The path that the gateway answers itself: 200, and 503 once it drains.
    package let healthCheckPath: String?
    /// Names of traffic policies.
    package let policies: [String]
}

extension Listener {
    static let fields = [
        "address", "port", "protocol", "hostnames", "tls", "proxyProtocol", "clientAddress", "limits", "http2",
        "publicPort", "healthCheck", "policies",
    ]

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let address = reader.read("address", default: IPAddress("0.0.0.0")) { collector.address($0) }
        let port = reader.required("port") { collector.port($0) }
        let known = reader.optional("protocol") { collector.word($0, ListenerProtocol.self) }
        let isKnown = known != nil || reader.present(["protocol"]) == 0
        let proto = known ?? .http
        let hostnames = reader.read("hostnames", default: []) { json in
            collector.distinctList(json) { collector.hostPattern($0) }
        }
        let tls = reader.optional("tls") { json in collector.object(json) { ListenerTLS(&$0, isKnown ? proto : .https) }
        }
        let proxyProtocol = reader.read("proxyProtocol", default: ProxyProtocolMode.off) {
            collector.word($0, ProxyProtocolMode.self)
        }
        let clientAddress = reader.read("clientAddress", default: ClientAddressSource.peer) { json in
            collector.object(json) { ClientAddressSource(&$0) }
        }
        let limits = reader.read("limits", default: ListenerLimits()) { json in
            collector.object(json) { ListenerLimits(&$0) }
        }
        let streams = reader.read("http2", default: 100) { json in collector.object(json) { Self.readStreams(&$0) } }
        let publicPort = reader.optional("publicPort") { collector.port($0) }
        let healthCheck = reader.optional("healthCheck") { json in
            collector.object(json) { $0.required("path") { collector.path($0) } }
        }
        let policies = reader.read("policies", default: []) { json in
            collector.distinctList(json) { collector.name($0) }
        }
        if isKnown { Self.checkProtocol(proto, &reader) }
        guard let address, let port else { return nil }
        self.init(
            name: name, address: address, port: port, proto: proto, hostnames: hostnames, tls: tls,
            proxyProtocol: proxyProtocol, clientAddress: clientAddress, limits: limits, maxConcurrentStreams: streams,
            publicPort: publicPort, healthCheckPath: healthCheck ?? nil, policies: policies)
    }

    private static func readStreams(_ reader: inout ObjectReader) -> Int? {
        let collector = reader.collector
        return reader.read("maxConcurrentStreams", default: 100) {
            collector.integer($0, in: 1...10_000).map { Int($0) }
        }
    }

    /// Limits of requests, where there are none.
    private static func checkLimits(_ proto: ListenerProtocol, _ reader: inout ObjectReader) {
        guard let limits = reader.value("limits")?.objectValue else { return }
        for field in [
            "headerBytes", "headerCount", "headerTimeout", "bodyTimeout", "requestsPerConnection", "bodyBytes",
        ]
        where limits[field] ?? .null != .null {
            let collector = reader.collector
            collector.inside(.member("limits")) {
                collector.inside(.member(field)) {
                    collector.report("conflict", "\(field) is for http and https: \(proto.rawValue) sees no requests")
                }
            }
        }
    }

    /// What goes with one protocol and not with another.
    private static func checkProtocol(_ proto: ListenerProtocol, _ reader: inout ObjectReader) {
        if proto == .https, reader.present(["tls"]) == 0 {
            reader.fault("tls", "required", "https needs tls with certificates")
        }
        if proto == .http || proto == .tcp, reader.present(["tls"]) > 0 {
            reader.fault(
                "tls", "conflict", "\(proto.rawValue) speaks no TLS", hint: "the protocols with TLS are https and tls")
        }
        if proto == .tcp, reader.present(["hostnames"]) > 0 {
            reader.fault("hostnames", "conflict", "tcp knows no hostnames: they come with TLS or HTTP")
        }
        guard !proto.isHTTP else { return }
        Self.checkLimits(proto, &reader)
        for field in ["clientAddress", "http2", "publicPort", "healthCheck", "policies"]
        where reader.present([field]) > 0 {
            reader.fault(field, "conflict", "\(field) is for http and https: \(proto.rawValue) sees no requests")
        }
    }
}
