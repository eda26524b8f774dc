import GatewayModel

/// The limits of one upstream, counted over all workers of the replica.
struct Breaker {
    let limits: CircuitBreaker
    let connections, pending, requests, retries: Gauge

    init(_ limits: CircuitBreaker, upstream name: String, _ gauges: SharedGauges) {
        self.limits = limits
        self.connections = gauges.gauge(named: "connections/\(name)")
        self.pending = gauges.gauge(named: "pending/\(name)")
        self.requests = gauges.gauge(named: "requests/\(name)")
        self.retries = gauges.gauge(named: "retries/\(name)")
    }
}

/// What an exchange has taken of its upstream's limits.
struct HeldGauges {
    var request: Gauge?
    var retry: Gauge?
    var pending: Gauge?

    mutating func giveBackRequest() {
        self.request?.give()
        self.request = nil
    }

    /// Gives all back.
    mutating func giveBack() {
        self.request?.give()
        self.retry?.give()
        self.pending?.give()
        self = HeldGauges()
    }
}
