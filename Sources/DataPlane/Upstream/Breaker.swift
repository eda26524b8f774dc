import GatewayModel

/// The limits of one upstream, counted over all workers of the replica.
struct Breaker {
    let limits: CircuitBreaker
    let gauges: UpstreamGauges
}

/// What is counted of one upstream in all workers of the replica, for as long as a worker lives: what was taken under one
/// configuration is given back under the next.
struct UpstreamGauges {
    let connections, pending, requests, retries: Gauge

    init(upstream name: String, _ gauges: SharedGauges) {
        self.connections = gauges.gauge(named: "connections/\(name)")
        self.pending = gauges.gauge(named: "pending/\(name)")
        self.requests = gauges.gauge(named: "requests/\(name)")
        self.retries = gauges.gauge(named: "retries/\(name)")
    }
}

extension Worker {
    /// Gives back what the exchange has taken of its upstream's limits, but for its place in the queue.
    @inline(__always)
    func giveBackLimits(_ exchange: ExchangeRef) {
        if exchange.pointee.waiting.holdsRequest || exchange.pointee.tries.countedBy >= 0 {
            self.giveBackHeld(exchange)
        }
    }

    func giveBackRequestLimit(_ exchange: ExchangeRef) {
        guard exchange.pointee.waiting.holdsRequest else { return }
        exchange.pointee.waiting.holdsRequest = false
        self.upstreamGauges(exchange.pointee.slot)?.requests.give()
    }

    @inline(never)
    private func giveBackHeld(_ exchange: ExchangeRef) {
        self.giveBackRequestLimit(exchange)
        if exchange.pointee.waiting.holdsRetry {
            exchange.pointee.waiting.holdsRetry = false
            self.upstreamGauges(exchange.pointee.slot)?.retries.give()
        }
        let slot = exchange.pointee.tries.countedBy
        exchange.pointee.tries.countedBy = -1
        if slot >= 0, let pool = self.pools[slot], pool.pointee.retrying > 0 { pool.pointee.retrying -= 1 }
    }

    func upstreamGauges(_ slot: Int) -> UpstreamGauges? {
        self.gaugesBySlot.indices.contains(slot) ? self.gaugesBySlot[slot] : nil
    }
}
