import Balancing
import GatewayModel
import HTTPWire
import Reactor
import Routing

/// From a request whose head is written to a connection that carries it.
///
/// ```
/// pending ─▶ dispatch ─▶ connection
///    ▲  └─ held: for a delay, before a retry, or in the pool's queue ─▶ dispatch
///    └──── a try that came to nothing and may be followed by another
/// ```
extension Worker {
    /// How often a queued request looks for room that another worker may have made.
    private static let queueLook: UInt64 = 20

    private enum Taking {
        case taken(UpstreamRef)
        case mustWait
        case failed(Reason)
    }

    func pool(of exchange: ExchangeRef) -> PoolRef? {
        let slot = exchange.pointee.slot
        return self.pools.indices.contains(slot) ? self.pools[slot] : nil
    }

    /// Sends the request that is in `pending` on its way.
    ///
    /// - Parameter isFresh: over no connection that has waited.
    /// - Parameter carrier: not in this one.
    func dispatch(_ exchange: ExchangeRef, isFresh: Bool = false, besides carrier: UpstreamRef? = nil) {
        guard let pool = self.pool(of: exchange) else { return self.fail(exchange, .noEndpoint) }
        switch self.take(exchange, pool, isFresh: isFresh, besides: carrier) {
        case .taken(let upstream):
            if exchange.pointee.waiting.hold == .queued { self.leaveQueue(exchange) }
            upstream.pointee.output = exchange.pointee.waiting.request
            exchange.pointee.waiting.request = nil
            if upstream.pointee.state == .awaitingHead { self.flushUpstream(upstream) }
        case .mustWait: self.queue(exchange, pool)
        case .failed(let reason):
            if !self.retryLater(exchange, pool, after: reason) { self.fail(exchange, reason) }
        }
    }

    @inline(__always)
    private func take(
        _ exchange: ExchangeRef, _ pool: PoolRef, isFresh: Bool, besides carrier: UpstreamRef?
    ) -> Taking {
        if pool.pointee.breaker != nil, !self.mayStart(exchange, pool) { return .failed(.upstreamRequestLimit) }
        let picked = pool.pointee.balancer.pick(
            self.random.next(), hash: exchange.pointee.hash, avoiding: exchange.pointee.tries.endpoints, now: self.now)
        guard let endpoint = self.preferred(exchange, pool) ?? picked else { return .failed(.noEndpoint) }
        exchange.pointee.endpoint = endpoint
        // Bytes of a tunnel go over a connection that has served nothing else.
        let waiting = isFresh || exchange.pointee.tunnel != nil ? nil : self.takeIdle(pool, endpoint)
        guard let upstream = waiting ?? self.openUpstream(pool, endpoint, besides: carrier) else {
            if pool.pointee.isFull { return .mustWait }
            self.noteOutcome(pool, endpoint, .failure)
            return .failed(.upstreamConnectFailed)
        }
        self.attach(upstream, to: exchange)
        return .taken(upstream)
    }

    @inline(__always)
    private func preferred(_ exchange: ExchangeRef, _ pool: PoolRef) -> Int? {
        let preferred = exchange.pointee.preferred
        guard preferred >= 0, pool.pointee.endpoints.indices.contains(preferred),
            pool.pointee.endpoints[preferred].isUsable, !exchange.pointee.tries.endpoints.contains(preferred)
        else { return nil }
        return preferred
    }

    /// Whether the limit of requests lets this one through; it is counted once, whatever becomes of its tries.
    @inline(never)
    private func mayStart(_ exchange: ExchangeRef, _ pool: PoolRef) -> Bool {
        guard exchange.pointee.waiting.held.request == nil, let breaker = pool.pointee.breaker else { return true }
        guard breaker.requests.take(limit: breaker.limits.maxParallelRequests) else { return false }
        exchange.pointee.waiting.held.request = breaker.requests
        return true
    }

    func attach(_ upstream: UpstreamRef, to exchange: ExchangeRef) {
        let pool = upstream.pointee.pool
        upstream.pointee.exchange = exchange
        pool.pointee.balancer.started(upstream.pointee.endpoint)
        pool.pointee.active += 1
        exchange.pointee.upstream = upstream
        exchange.pointee.endpoint = upstream.pointee.endpoint
        exchange.pointee.forwardedAt = self.nowNanoseconds
        if upstream.pointee.state == .awaitingHead { self.startTryClock(upstream) }
    }

    // MARK: Waiting

    /// Keeps the request back for so long.
    func hold(_ exchange: ExchangeRef, milliseconds: UInt64) {
        exchange.pointee.waiting.hold = .delayed
        exchange.pointee.waiting.resumesAt = self.now &+ milliseconds
        self.noteHold(until: exchange.pointee.waiting.resumesAt)
        if milliseconds == 0 { self.schedule(exchange) }
        self.timers.set(exchange.timer, deadline: min(self.now &+ milliseconds, self.limit(exchange)))
    }

    /// Until then the loop looks at its timers every tick.
    private func noteHold(until time: UInt64) {
        self.heldUntil = max(self.heldUntil, time &+ 2 &* TimerWheel.tickMilliseconds)
    }

    /// When an exchange on hold is given up.
    private func limit(_ exchange: ExchangeRef) -> UInt64 {
        guard exchange.pointee.deadline == .max else { return exchange.pointee.deadline }
        let timeout = exchange.pointee.route?._withUnsafeGuaranteedRef { $0.requestTimeout } ?? 0
        return timeout > 0 ? exchange.pointee.startedAt / 1_000_000 &+ timeout : .max
    }

    /// Has the request wait until a connection ends or has nothing to do.
    private func queue(_ exchange: ExchangeRef, _ pool: PoolRef) {
        if exchange.pointee.waiting.hold != .queued {
            guard let breaker = pool.pointee.breaker,
                breaker.pending.take(limit: breaker.limits.maxPendingRequests)
            else { return self.fail(exchange, .upstreamPendingLimit) }
            exchange.pointee.waiting.held.pending = breaker.pending
            exchange.pointee.waiting.held.giveBackRequest()
            exchange.pointee.waiting.hold = .queued
            exchange.pointee.waiting.queue = pool
            exchange.pointee.waiting.previous = pool.pointee.lastWaiting
            pool.pointee.lastWaiting?.pointee.waiting.next = exchange
            pool.pointee.lastWaiting = exchange
            if pool.pointee.firstWaiting == nil { pool.pointee.firstWaiting = exchange }
        } else {
            exchange.pointee.waiting.held.giveBackRequest()
        }
        self.noteHold(until: self.now &+ Self.queueLook)
        self.timers.set(exchange.timer, deadline: min(self.now &+ Self.queueLook, self.limit(exchange)))
    }

    /// Takes a request out of the queue it is in.
    func leaveQueue(_ exchange: ExchangeRef) {
        exchange.pointee.waiting.hold = .none
        exchange.pointee.waiting.held.pending?.give()
        exchange.pointee.waiting.held.pending = nil
        guard let pool = exchange.pointee.waiting.queue else { return }
        exchange.pointee.waiting.queue = nil
        if let previous = exchange.pointee.waiting.previous {
            previous.pointee.waiting.next = exchange.pointee.waiting.next
        } else {
            pool.pointee.firstWaiting = exchange.pointee.waiting.next
        }
        if let next = exchange.pointee.waiting.next {
            next.pointee.waiting.previous = exchange.pointee.waiting.previous
        } else {
            pool.pointee.lastWaiting = exchange.pointee.waiting.previous
        }
        exchange.pointee.waiting.previous = nil
        exchange.pointee.waiting.next = nil
    }

    /// A connection of the pool has ended or has nothing to do: the first of those that wait may go.
    @inline(__always)
    func roomCame(_ pool: PoolRef) {
        if let waiting = pool.pointee.firstWaiting { self.schedule(waiting) }
    }

    /// Goes on with a request on hold, when its time has come or there may be room.
    func resumeHeld(_ exchange: ExchangeRef) {
        guard self.now < self.limit(exchange) else { return self.fail(exchange, .upstreamTimeout) }
        if exchange.pointee.waiting.hold == .delayed {
            guard self.now >= exchange.pointee.waiting.resumesAt else { return }
            exchange.pointee.waiting.hold = .none
            if exchange.pointee.waiting.abortStatus > 0 { return self.abortOnPurpose(exchange) }
        }
        // Its clock first: the dispatch may hold it again.
        if exchange.pointee.tunnel != nil {
            self.noteProgress(exchange)
        } else if exchange.pointee.request.isComplete {
            self.timers.set(exchange.timer, deadline: exchange.pointee.deadline)
        } else {
            self.setTimer(exchange, after: exchange.settings.bodyTimeout)
        }
        self.dispatch(exchange)
    }
}

extension Worker {
    /// Gives back all that a request had taken of its upstream's limits.
    @inline(__always)
    func endWaiting(_ exchange: ExchangeRef) {
        if exchange.pointee.waiting.request != nil { self.giveBack(&exchange.pointee.waiting.request) }
        if exchange.pointee.waiting.hold == .queued { self.leaveQueue(exchange) }
        exchange.pointee.waiting.hold = .none
        exchange.pointee.waiting.held.giveBack()
        guard exchange.pointee.tries.countedBy >= 0 else { return }
        self.endRetrying(exchange)
    }

    @inline(never)
    private func endRetrying(_ exchange: ExchangeRef) {
        if let pool = self.pools[exchange.pointee.tries.countedBy], pool.pointee.retrying > 0 {
            pool.pointee.retrying -= 1
        }
        exchange.pointee.tries.countedBy = -1
    }
}
