import GatewayModel

/// The limits of one upstream, counted over all workers of the replica.
struct Breaker {
    let limits: CircuitBreaker
    let connections, pending, requests, retries: Gauge

    init?(_ limits: CircuitBreaker, upstream name: String, _ gauges: borrowing SharedGauges) {
        guard let connections = gauges.gauge(named: "connections/\(name)"),
            let pending = gauges.gauge(named: "pending/\(name)"),
            let requests = gauges.gauge(named: "requests/\(name)"),
            let retries = gauges.gauge(named: "retries/\(name)")
        else { return nil }
        self.limits = limits
        (self.connections, self.pending, self.requests, self.retries) = (connections, pending, requests, retries)
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
