/// Where the gateway listens, and what it lets through before a route is known.
package struct Listener: Hashable, Sendable {
    /// Unique among listeners.
    package let name: String
    /// Where the socket is bound.
    package let address: IPAddress
    /// From 1.
    package let port: UInt16
    /// Empty: what no other listener of this address and port takes.
    package let hostnames: [HostPattern]
    /// What one connection and one request may be.
    package let limits: ListenerLimits
}

/// What one connection and one request may at most be and take; 0 milliseconds is no limit.
package struct ListenerLimits: Hashable, Sendable {
    /// Client connections that a replica has open at once.
    package var maxConnections = 10_000
    /// Of a request head, its first line and all fields; more is 431.
    package var headerBytes = 32 << 10
    /// Fields of a request head; more is 431.
    package var headerCount = 100
    /// Until a request head is complete; later is 408.
    package var headerTimeout: Milliseconds = 10_000
    /// For a request body that does not keep coming; later is 408.
    package var bodyTimeout: Milliseconds = 60_000
    /// Silence between two requests of a connection, which is then closed.
    package var idleTimeout: Milliseconds = 60_000
    /// The connection is closed after so many.
    package var requestsPerConnection = 10_000
    /// Of a request body; more is 413, `nil` is no limit.
    package var bodyBytes: Int?
}

extension Listener {
    static let fields = ["address", "port", "protocol", "hostnames", "limits"]

    /// The default of `clientAddress`: the address of the peer.
    private static let peerAddress: JSON = ["source": "peer", "trustedHops": 0, "trustedCIDRs": [], "header": nil]

    private enum ListenerProtocol: String, CaseIterable { case http }

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let address = reader.read("address", default: IPAddress("0.0.0.0")) { collector.address($0) }
        let port = reader.required("port") { collector.port($0) }
        _ = reader.read("protocol", default: .http) {
            collector.word($0, ListenerProtocol.self, later: ["https", "tls", "tcp"])
        }
        let hostnames = reader.read("hostnames", default: []) { json in
            collector.distinctList(json) { collector.hostPattern($0) }
        }
        let limits = reader.read("limits", default: ListenerLimits()) { json in
            collector.object(json) { ListenerLimits(&$0) }
        }
        reader.unsupported("tls")
        reader.unsupported("proxyProtocol", allowed: "off")
        reader.unsupported("clientAddress", allowed: Self.peerAddress)
        reader.unsupported("http2")
        reader.unsupported("publicPort")
        reader.unsupported("policies", allowed: [])
        guard let address, let port else { return nil }
        self.init(name: name, address: address, port: port, hostnames: hostnames, limits: limits)
    }
}

extension ListenerLimits {
    fileprivate init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.maxConnections = reader.read("maxConnections", default: self.maxConnections) {
            collector.integer($0, in: 1...10_000_000).map { Int($0) }
        }
        self.headerBytes = reader.read("headerBytes", default: self.headerBytes) {
            collector.size($0, in: 256...65_536)
        }
        self.headerCount = reader.read("headerCount", default: self.headerCount) {
            collector.integer($0, in: 1...1000).map { Int($0) }
        }
        self.requestsPerConnection = reader.read("requestsPerConnection", default: self.requestsPerConnection) {
            collector.integer($0, in: 1...1_000_000_000).map { Int($0) }
        }
        self.bodyBytes = reader.read("bodyBytes", default: nil) {
            collector.size($0, in: 0...Int64.max).map { Optional($0) }
        }
        self.headerTimeout = reader.read("headerTimeout", default: self.headerTimeout) {
            collector.duration($0)
        }
        self.bodyTimeout = reader.read("bodyTimeout", default: self.bodyTimeout) { collector.duration($0) }
        self.idleTimeout = reader.read("idleTimeout", default: self.idleTimeout) { collector.duration($0) }
    }
}
