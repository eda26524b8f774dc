import Balancing
import GatewayModel
import GatewaySnapshot
import HTTPWire
import Reactor

/// The connections of this worker to one upstream, and the choice among its endpoints.
///
/// A pool lives for as long as what is spoken to its upstream stays the same: endpoints come and go in it. When that changes,
/// the pool is retired: its exchanges finish on it, its connections are not used again, and it goes when the last one has
/// closed.
struct UpstreamPool: ~Copyable {
    let slot: Int
    let name: String
    /// HTTP/2 is spoken, or may be.
    let carriesStreams: Bool
    /// What is spoken is agreed on with each endpoint.
    let choosesProtocol: Bool
    let counters: UpstreamCounters
    var connectTimeout: UInt64 = 0
    var idleTimeout: UInt64 = 0
    /// By place; see `Endpoint`.
    private(set) var endpoints: UnsafeMutableBufferPointer<Endpoint>
    /// What was last brought in; `nil`: it is to be brought in anew.
    var listed: [UpstreamEndpoint]?
    /// Endpoints that the upstream has.
    var presentCount = 0
    var balancer: Balancer
    /// There while requests are to show which endpoints are broken.
    var detector: OutlierDetector?
    var breaker: Breaker?
    /// Retained; there where requests have something to do with who sent them.
    var affinity: Unmanaged<PoolAffinity>?
    /// In the Host of a request that had none.
    var host: UnsafeMutableBufferPointer<UInt8>
    /// All connections that are not closed, idle ones among them.
    var connections = 0
    var isRetired = false
    /// Requests that have a connection; and those that are not at their first try, with one or between two.
    var active = 0
    var retrying = 0
    var retryBudget = RetryBudget()
    /// The last attempt to connect met the limit of connections.
    var isFull = false
    // Requests that wait for a connection, the first to come first.
    var firstWaiting: ExchangeRef?
    var lastWaiting: ExchangeRef?

    init(slot: Int, _ upstream: Upstream, counters: UpstreamCounters) {
        self.slot = slot
        self.name = upstream.name
        self.carriesStreams = upstream.proto != .http1
        self.choosesProtocol = upstream.proto == .auto
        self.counters = counters
        self.balancer = Balancer(upstream.loadBalancing, panicThreshold: upstream.healthChecks.panicThreshold)
        self.endpoints = .allocate(capacity: 0)
        self.host = .allocate(capacity: upstream.name.utf8.count)
        _ = self.host.initialize(from: upstream.name.utf8)
    }

    deinit {
        for endpoint in self.endpoints { endpoint.deallocate() }
        self.endpoints.deallocate()
        self.host.deallocate()
        self.affinity?.release()
    }

    /// Puts an endpoint into a free place, or behind all others.
    mutating func place(_ endpoint: Endpoint, at free: Int?) -> Int {
        if let free {
            self.endpoints[free].deallocate()
            self.endpoints[free] = endpoint
            return free
        }
        let larger = UnsafeMutableBufferPointer<Endpoint>.allocate(capacity: self.endpoints.count + 1)
        let end = larger.moveInitialize(fromContentsOf: self.endpoints)
        larger.initializeElement(at: end, to: endpoint)
        self.endpoints.deallocate()
        self.endpoints = larger
        return end
    }
}

typealias PoolRef = UnsafeMutablePointer<UpstreamPool>
