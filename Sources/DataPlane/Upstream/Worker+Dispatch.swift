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
            if exchange.pointee.waiting.queue != nil { self.leaveQueueForConnection(exchange) }
            upstream.pointee.output = exchange.pointee.waiting.request
            exchange.pointee.waiting.request = nil
            if upstream.pointee.state == .awaitingHead { self.flushUpstream(upstream) }
        case .mustWait: self.queue(exchange, pool)
        case .failed(let reason):
            self.leaveQueue(exchange)
            if !self.retryLater(exchange, pool, after: reason) { self.fail(exchange, reason) }
        }
    }

    @inline(__always)
    private func take(
        _ exchange: ExchangeRef, _ pool: PoolRef, isFresh: Bool, besides carrier: UpstreamRef?
    ) -> Taking {
        if pool.pointee.breaker != nil, let refusal = self.checkLimits(exchange, pool) { return refusal }
        guard let endpoint = self.preferred(exchange, pool) ?? self.pick(exchange, pool) else {
            return .failed(.noEndpoint)
        }
        exchange.pointee.endpoint = endpoint
        // Bytes of a tunnel go over a connection that has served nothing else.
        let waiting = isFresh || exchange.pointee.tunnel != nil ? nil : self.takeIdle(pool, endpoint)
        guard let upstream = waiting ?? self.openUpstream(pool, endpoint, besides: carrier) else {
            return pool.pointee.isFull ? .mustWait : .failed(.upstreamConnectFailed)
        }
        self.attach(upstream, to: exchange)
        return .taken(upstream)
    }

    @inline(__always)
    private func pick(_ exchange: ExchangeRef, _ pool: PoolRef) -> Int? {
        pool.pointee.balancer.pick(
            self.random.next(), hash: exchange.pointee.hash, avoiding: exchange.pointee.tries.endpoints, now: self.now)
    }

    @inline(__always)
    private func preferred(_ exchange: ExchangeRef, _ pool: PoolRef) -> Int? {
        let preferred = exchange.pointee.preferred
        guard preferred >= 0, pool.pointee.endpoints.indices.contains(preferred),
            pool.pointee.endpoints[preferred].isUsable, !exchange.pointee.tries.endpoints.contains(preferred)
        else { return nil }
        return preferred
    }

    /// Whether the upstream's limits let the request look for a connection; `nil`: they do. Those who wait already come
    /// first.
    @inline(never)
    private func checkLimits(_ exchange: ExchangeRef, _ pool: PoolRef) -> Taking? {
        guard let breaker = pool.pointee.breaker else { return nil }
        let isQueued = exchange.pointee.waiting.queue != nil
        if !isQueued, pool.pointee.firstWaiting != nil { return .mustWait }
        guard !exchange.pointee.waiting.holdsRequest else { return nil }
        guard breaker.gauges.requests.take(limit: breaker.limits.maxParallelRequests) else {
            return isQueued ? .mustWait : .failed(.upstreamRequestLimit)
        }
        exchange.pointee.waiting.holdsRequest = true
        return nil
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
        let time = max(1, self.now &+ milliseconds)
        exchange.pointee.waiting.resumesAt = time
        self.noteHold(until: time)
        if milliseconds == 0 { self.schedule(exchange) }
        self.timers.set(exchange.timer, deadline: min(time, self.limit(exchange)))
    }

    /// Until then the loop looks at its timers every tick.
    private func noteHold(until time: UInt64) {
        self.heldUntil = max(self.heldUntil, time &+ 2 &* TimerWheel.tickMilliseconds)
    }

    /// When an exchange on hold is given up.
    func limit(_ exchange: ExchangeRef) -> UInt64 {
        guard exchange.pointee.deadline == .max else { return exchange.pointee.deadline }
        let timeout = exchange.pointee.route?._withUnsafeGuaranteedRef { $0.requestTimeout } ?? 0
        return timeout > 0 ? exchange.pointee.startedAt / 1_000_000 &+ timeout : .max
    }

    /// Has the request wait until a connection ends or has nothing to do. Mirrors do not: they would stand before requests.
    /// A question about a request does.
    private func queue(_ exchange: ExchangeRef, _ pool: PoolRef) {
        if exchange.pointee.waiting.queue == nil {
            guard !exchange.pointee.client.pointee.isMirror || exchange.pointee.question != nil,
                let breaker = pool.pointee.breaker,
                breaker.gauges.pending.take(limit: breaker.limits.maxPendingRequests)
            else { return self.fail(exchange, .upstreamPendingLimit) }
            exchange.pointee.waiting.queue = pool
            exchange.pointee.waiting.previous = pool.pointee.lastWaiting
            pool.pointee.lastWaiting?.pointee.waiting.next = exchange
            pool.pointee.lastWaiting = exchange
            if pool.pointee.firstWaiting == nil { pool.pointee.firstWaiting = exchange }
        }
        self.giveBackRequestLimit(exchange)
        self.lookLater(exchange)
    }

    private func lookLater(_ exchange: ExchangeRef) {
        self.noteHold(until: self.now &+ Self.queueLook)
        self.timers.set(exchange.timer, deadline: min(self.now &+ Self.queueLook, self.limit(exchange)))
    }

    /// It has what it waited for: there may be more for the next one, and its own clock goes on.
    private func leaveQueueForConnection(_ exchange: ExchangeRef) {
        let pool = exchange.pointee.waiting.queue
        self.leaveQueue(exchange)
        self.restartClock(exchange)
        if let pool { self.roomCame(pool) }
    }

    /// Takes a request out of the queue it is in, if it is in one.
    func leaveQueue(_ exchange: ExchangeRef) {
        guard let pool = exchange.pointee.waiting.queue else { return }
        self.upstreamGauges(pool.pointee.slot)?.pending.give()
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
        if exchange.pointee.waiting.isSuspended { return self.resumeSuspended(exchange) }
        let limit = self.limit(exchange)
        guard self.now < limit else { return self.fail(exchange, .upstreamTimeout) }
        if let pool = exchange.pointee.waiting.queue {
            guard pool.pointee.firstWaiting == exchange else { return self.lookLater(exchange) }
            return self.dispatch(exchange)
        }
        guard self.now >= exchange.pointee.waiting.resumesAt else {
            return self.timers.set(exchange.timer, deadline: min(exchange.pointee.waiting.resumesAt, limit))
        }
        exchange.pointee.waiting.resumesAt = 0
        if exchange.pointee.waiting.abortStatus > 0 { return self.abortOnPurpose(exchange) }
        // Its clock first: the dispatch may hold it again.
        self.restartClock(exchange)
        self.dispatch(exchange)
    }

    /// Sets the timer as it would be had the request not been on hold.
    private func restartClock(_ exchange: ExchangeRef) {
        if exchange.pointee.tunnel != nil {
            self.noteProgress(exchange)
        } else if exchange.pointee.call.isGRPC {
            self.startCallClock(exchange)
        } else if exchange.pointee.request.isComplete {
            self.timers.set(exchange.timer, deadline: exchange.pointee.deadline)
        } else {
            self.setTimer(exchange, after: exchange.settings.bodyTimeout)
        }
    }

    /// The request looks for no connection any more: it is answered, or over.
    @inline(__always)
    func endWaiting(_ exchange: ExchangeRef) {
        if exchange.pointee.waiting.request != nil { self.giveBack(&exchange.pointee.waiting.request) }
        if exchange.pointee.waiting.queue != nil { self.leaveQueue(exchange) }
        if exchange.pointee.waiting.isSuspended { self.endSuspension(exchange) }
        exchange.pointee.waiting.resumesAt = 0
        self.giveBackLimits(exchange)
    }
}
