/// A group of endpoints that serve the same, and how one of them is chosen.
package struct Upstream: Hashable, Sendable {
    /// Unique among upstreams.
    package let name: String
    /// What is spoken to endpoints.
    package let proto: UpstreamProtocol
    /// `nil`: plain TCP.
    package let tls: UpstreamTLS?
    /// Empty only where they are discovered.
    package let endpoints: [UpstreamEndpoint]
    /// Where endpoints come from when they are not listed.
    package let discovery: Discovery?
    /// How an endpoint is chosen for a request.
    package let loadBalancing: LoadBalancing
    /// What keeps a client at its endpoint.
    package let persistence: SessionPersistence?
    /// Which endpoints are used.
    package let healthChecks: HealthChecks
    /// `nil`: no limits.
    package let circuitBreaker: CircuitBreaker?
    /// Of the connections to endpoints.
    package let timeouts: UpstreamTimeouts

    /// The endpoints change, or which of them are used, by what the supervisor finds out.
    package var isWatched: Bool { self.discovery != nil || self.healthChecks.active != nil }

    /// The name that TLS sends as SNI, and verifies unless `subjectAltNames` says otherwise, at every endpoint; `nil`: there is
    /// none, and without `subjectAltNames` each endpoint's own address is verified.
    package var verifiedName: String? {
        guard let tls else { return nil }
        return tls.serverName ?? (tls.subjectAltNames.isEmpty ? self.discovery?.hostname : nil)
    }
}

/// What is spoken to an upstream.
package enum UpstreamProtocol: String, CaseIterable, Sendable {
    case http1
    /// HTTP/2 under TLS.
    case h2
    /// HTTP/2 with prior knowledge, without TLS.
    case h2c
    /// Under TLS, what ALPN chooses.
    case auto
}

/// How TLS is spoken to an upstream.
package struct UpstreamTLS: Hashable, Sendable {
    /// A name that the upstream's certificate may have.
    package enum Name: Hashable, Sendable {
        case dns(String)
        case uri(String)
    }

    /// Names of certificates of usage `ca`; empty: the system's authorities.
    package var authorities: [String] = []
    /// Sent as SNI, and verified unless `subjectAltNames` says otherwise; `nil`: see `Upstream.verifiedName`.
    package var serverName: String?
    /// Any of them is enough.
    package var subjectAltNames: [Name] = []
    /// The name of a certificate of usage `client`.
    package var clientCertificate: String?
    package var verifies = true
}

/// One address of an upstream.
package struct UpstreamEndpoint: Hashable, Sendable {
    /// Where it is; names come with discovery.
    package let address: IPAddress
    /// From 1.
    package let port: UInt16
    /// The share among the others; 0 gets nothing.
    package let weight: Int
    /// Used only when too few of the others are healthy.
    package let isBackup: Bool

    package init(address: IPAddress, port: UInt16, weight: Int, isBackup: Bool = false) {
        self.address = address
        self.port = port
        self.weight = weight
        self.isBackup = isBackup
    }

    /// `address:port`, as in a `Host` field.
    package var authority: String { self.address.authority(port: self.port) }
}

/// Milliseconds; 0 is no limit.
package struct UpstreamTimeouts: Hashable, Sendable {
    /// Until a connection is established.
    package var connect: Milliseconds = 5000
    /// How long a connection waits in the pool for another request.
    package var idle: Milliseconds = 60_000
}

extension Upstream {
    static let fields = [
        "protocol", "endpoints", "discovery", "loadBalancing", "sessionPersistence", "healthChecks", "circuitBreaker",
        "timeouts", "tls",
    ]

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let proto = reader.read("protocol", default: UpstreamProtocol.http1) {
            collector.word($0, UpstreamProtocol.self)
        }
        let found = reader.optional("discovery") { json in collector.object(json) { Discovery.read(&$0) } }
        let discovery = found ?? nil
        // What is wrong with a discovery does not make endpoints required.
        let isListed = discovery == nil && (found != nil || reader.present(["discovery"]) == 0)
        let endpoints = Self.readEndpoints(&reader, isListed: isListed)
        let balancing = reader.read("loadBalancing", default: LoadBalancing()) { json in
            collector.object(json) { LoadBalancing(&$0) }
        }
        let persistence = reader.optional("sessionPersistence") { json in
            collector.object(json) { SessionPersistence(&$0, upstream: name) }
        }
        let healthChecks = reader.read("healthChecks", default: HealthChecks()) { json in
            collector.object(json) { HealthChecks(&$0) }
        }
        let circuitBreaker = reader.optional("circuitBreaker") { json in
            collector.object(json) { CircuitBreaker(&$0) }
        }
        let timeouts = reader.read("timeouts", default: UpstreamTimeouts()) { json in
            collector.object(json) { UpstreamTimeouts(&$0) }
        }
        var tls = reader.optional("tls") { json in collector.object(json) { UpstreamTLS(&$0) } }
        if proto == .h2c, tls != nil {
            reader.fault("tls", "conflict", "h2c is HTTP/2 without TLS", hint: "the protocol with TLS is h2")
        }
        if proto == .h2 || proto == .auto { tls = tls ?? UpstreamTLS() }
        self.init(
            name: name, proto: proto, tls: tls, endpoints: endpoints, discovery: discovery, loadBalancing: balancing,
            persistence: persistence, healthChecks: healthChecks, circuitBreaker: circuitBreaker, timeouts: timeouts)
    }

    private static func readEndpoints(_ reader: inout ObjectReader, isListed: Bool) -> [UpstreamEndpoint] {
        let collector = reader.collector
        guard isListed else {
            if reader.value("endpoints") != nil {
                reader.fault("endpoints", "conflict", "endpoints are listed or discovered, not both")
            }
            return []
        }
        return reader.required("endpoints") { json in
            if json == [] { collector.report("range", "at least one endpoint is required") }
            var seen: Set<String> = []
            return collector.list(json) { element in
                collector.object(element) { reader -> UpstreamEndpoint? in
                    guard let endpoint = UpstreamEndpoint(&reader) else { return nil }
                    guard seen.insert(endpoint.authority).inserted else {
                        collector.report("duplicate", "this endpoint stands in the list already")
                        return nil
                    }
                    return endpoint
                }
            }
        } ?? []
    }
}

extension UpstreamTLS {
    fileprivate init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.authorities = reader.read("ca", default: []) { json in
            collector.distinctList(json) { collector.name($0) }
        }
        self.serverName = reader.optional("serverName") { collector.serverName($0, allowsWildcard: false) }
        self.subjectAltNames = reader.read("subjectAltNames", default: []) { json in
            collector.list(json) { element in collector.object(element) { Self.readName(&$0) } }
        }
        self.clientCertificate = reader.optional("clientCertificate") { collector.name($0) }
        self.verifies = reader.read("verify", default: true) { collector.boolean($0) }
        if !self.verifies, !self.subjectAltNames.isEmpty {
            reader.fault("subjectAltNames", "conflict", "with verify false no name is looked at")
        }
    }

    private static func readName(_ reader: inout ObjectReader) -> Name? {
        let collector = reader.collector
        guard reader.present(["dns", "uri"]) == 1 else {
            collector.report("required", "one of dns and uri is required")
            return nil
        }
        if let name = reader.optional("dns", { collector.serverName($0, allowsWildcard: true) }) { return .dns(name) }
        return reader.optional("uri") { collector.string($0) }.map { .uri($0) }
    }
}

extension FaultCollector {
    /// A host name or an IP literal.
    fileprivate func serverName(_ json: JSON, allowsWildcard: Bool) -> String? {
        guard let text = self.string(json) else { return nil }
        if IPAddress(text) != nil { return text }
        if text.hasPrefix("[") || text.hasPrefix("*") && !allowsWildcard {
            self.report("format", "\(text.quoted) is no name of one host")
            return nil
        }
        return self.hostPattern(json)?.text
    }
}

extension UpstreamEndpoint {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let address = reader.required("address") { collector.address($0) }
        let port = reader.required("port") { collector.port($0) }
        let weight = reader.read("weight", default: 1) {
            collector.integer($0, in: 0...1_000_000).map { Int($0) }
        }
        let isBackup = reader.read("backup", default: false) { collector.boolean($0) }
        guard let address, let port else { return nil }
        self.init(address: address, port: port, weight: weight, isBackup: isBackup)
    }
}

extension UpstreamTimeouts {
    fileprivate init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.connect = reader.read("connect", default: self.connect) { collector.duration($0) }
        self.idle = reader.read("idle", default: self.idle) { collector.duration($0) }
    }
}
