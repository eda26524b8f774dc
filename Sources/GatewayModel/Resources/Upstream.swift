/// A group of endpoints that serve the same, and how one of them is chosen.
package struct Upstream: Hashable, Sendable {
    /// Unique among upstreams.
    package let name: String
    /// Never empty.
    package let endpoints: [UpstreamEndpoint]
    /// How an endpoint is chosen for a request.
    package let loadBalancing: LoadBalancing
    /// Of the connections to endpoints.
    package let timeouts: UpstreamTimeouts
}

/// One address of an upstream.
package struct UpstreamEndpoint: Hashable, Sendable {
    /// Where it is; names come with discovery.
    package let address: IPAddress
    /// From 1.
    package let port: UInt16
    /// The share among the others; 0 gets nothing.
    package let weight: Int

    package init(address: IPAddress, port: UInt16, weight: Int) {
        self.address = address
        self.port = port
        self.weight = weight
    }

    /// `address:port`, as in a `Host` field.
    package var authority: String { self.address.authority(port: self.port) }
}

/// How an endpoint is chosen.
package enum LoadBalancing: String, CaseIterable, Sendable {
    /// The less busy of two chosen at random.
    case leastRequest = "least-request"
    /// One after the other, smoothly by weight.
    case roundRobin = "round-robin"
}

/// Milliseconds; 0 is no limit.
package struct UpstreamTimeouts: Hashable, Sendable {
    /// Until a connection is established.
    package var connect: Milliseconds = 5000
    /// How long a connection waits in the pool for another request.
    package var idle: Milliseconds = 60_000
}

extension Upstream {
    static let fields = ["protocol", "endpoints", "loadBalancing", "timeouts"]

    private enum UpstreamProtocol: String, CaseIterable { case http1 }

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        _ = reader.read("protocol", default: .http1) {
            collector.word($0, UpstreamProtocol.self, later: ["h2", "h2c", "auto"])
        }
        let endpoints = Self.readEndpoints(&reader)
        let balancing = reader.read("loadBalancing", default: LoadBalancing.leastRequest) { json in
            collector.object(json) { Self.readBalancing(&$0) }
        }
        let timeouts = reader.read("timeouts", default: UpstreamTimeouts()) { json in
            collector.object(json) { UpstreamTimeouts(&$0) }
        }
        for field in ["discovery", "sessionPersistence", "healthChecks", "circuitBreaker", "tls"] {
            reader.unsupported(field)
        }
        self.init(name: name, endpoints: endpoints, loadBalancing: balancing, timeouts: timeouts)
    }

    private static func readEndpoints(_ reader: inout ObjectReader) -> [UpstreamEndpoint] {
        let collector = reader.collector
        return reader.required("endpoints") { json in
            if json == [] { collector.report("range", "at least one endpoint is required") }
            return collector.list(json) { element in collector.object(element) { UpstreamEndpoint(&$0) } }
        } ?? []
    }

    private static func readBalancing(_ reader: inout ObjectReader) -> LoadBalancing? {
        let collector = reader.collector
        reader.unsupported("hashOn")
        reader.unsupported("slowStart")
        return reader.read("algorithm", default: .leastRequest) {
            collector.word(
                $0, LoadBalancing.self, later: ["random", "consistent-hash", "peak-ewma"])
        }
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
        reader.unsupported("backup", allowed: false)
        guard let address, let port else { return nil }
        self.init(address: address, port: port, weight: weight)
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
