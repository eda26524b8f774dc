import Balancing
import GatewayModel
import HTTPWire
import Reactor

/// The connections of this worker to one upstream, and the choice among its endpoints.
///
/// A pool belongs to one revision of an upstream. When the upstream changes, the pool is retired: its exchanges finish on
/// it, its connections are not used again, and it goes when the last one has closed.
struct UpstreamPool: ~Copyable {
    let slot: Int
    let name: String
    let connectTimeout: UInt64
    let idleTimeout: UInt64
    let endpoints: UnsafeMutableBufferPointer<Endpoint>
    var balancer: Balancer
    /// All connections that are not closed, idle ones among them.
    var connections = 0
    var isRetired = false
    /// HTTP/2 is spoken, or may be.
    let carriesStreams: Bool
    /// What is spoken is agreed on with each endpoint.
    let choosesProtocol: Bool
    let counters: UpstreamCounters

    init(slot: Int, upstream: Upstream, balancer: consuming Balancer, endpoints: [Endpoint], counters: UpstreamCounters)
    {
        self.slot = slot
        self.choosesProtocol = upstream.proto == .auto
        self.carriesStreams = upstream.proto != .http1
        self.name = upstream.name
        self.connectTimeout = upstream.timeouts.connect
        self.idleTimeout = upstream.timeouts.idle
        self.balancer = balancer
        self.endpoints = .allocate(capacity: endpoints.count)
        _ = self.endpoints.initialize(from: endpoints)
        self.counters = counters
    }

    deinit {
        for endpoint in self.endpoints {
            endpoint.text.deallocate()
            endpoint.context?.release()
        }
        self.endpoints.deallocate()
    }
}

typealias PoolRef = UnsafeMutablePointer<UpstreamPool>

/// One address of an upstream, with the connections to it that wait for a request, last used first.
struct Endpoint {
    let address: SocketAddress
    /// `address:port` as it stands in logs and in the Host of a request that had none.
    let text: UnsafeMutableBufferPointer<UInt8>
    /// Retained; `nil`: without TLS.
    let context: Unmanaged<TLSClientContext>?
    var idle: UpstreamRef?
    /// Connections of HTTP/2.
    var carriers: UpstreamRef?
    /// What it chose the last time, where HTTP/2 was offered too.
    var prefersHTTP1 = false

    init(address: SocketAddress, text: String, context: TLSClientContext?) {
        self.context = context.map { Unmanaged.passRetained($0) }
        self.address = address
        self.text = .allocate(capacity: text.utf8.count)
        _ = self.text.initialize(from: text.utf8)
    }
}

extension ByteWriter {
    mutating func append(_ text: UnsafeMutableBufferPointer<UInt8>) {
        guard let base = text.baseAddress else { return }
        self.append(base, count: text.count)
    }
}
