import Balancing
import GatewayModel
import Glibc
import HTTPWire
import Reactor
import Routing

extension Worker {
    /// The time of one try begins when its request can be sent.
    func startTryClock(_ upstream: UpstreamRef) {
        let route = upstream.pointee.exchange?.pointee.route
        let isTunnel = upstream.pointee.exchange?.pointee.tunnel != nil
        let timeout = isTunnel ? 0 : route?._withUnsafeGuaranteedRef { $0.backendRequestTimeout } ?? 0
        self.timers.set(upstream.timer, deadline: timeout > 0 ? self.now &+ timeout : .max)
    }

    func takeIdle(_ pool: PoolRef, _ endpoint: Int) -> UpstreamRef? {
        guard let upstream = pool.pointee.endpoints[endpoint].idle else { return nil }
        self.unlinkIdle(upstream)
        upstream.pointee.state = .awaitingHead
        upstream.pointee.isReused = true
        upstream.pointee.hasAnswered = false
        return upstream
    }

    /// A new connection, or a stream of one that has room.
    func openUpstream(_ pool: PoolRef, _ endpoint: Int, besides carrier: UpstreamRef? = nil) -> UpstreamRef? {
        guard pool.pointee.carriesStreams else { return self.connect(pool, endpoint) }
        return self.openStream(pool, endpoint, besides: carrier)
    }

    func connect(_ pool: PoolRef, _ endpoint: Int) -> UpstreamRef? {
        guard let isCounted = self.takeConnection(pool) else { return nil }
        guard let descriptor = Socket.connect(to: pool.pointee.endpoints[endpoint].address) else {
            // Out of descriptors or ports is not the endpoint's fault.
            if Socket.isPeerError(errno) { self.noteFailure(pool, endpoint) }
            if isCounted { self.upstreamGauges(pool.pointee.slot)?.connections.give() }
            return nil
        }
        let upstream = self.upstreamCells.allocate().assumingMemoryBound(to: UpstreamConnection.self)
        let token = Token.make(upstream, Token.upstream)
        upstream.initialize(
            to: UpstreamConnection(token: token, descriptor: descriptor, pool: pool, endpoint: endpoint))
        guard self.poller.addStream(descriptor, token: token) else {
            Socket.close(descriptor)
            if isCounted { self.upstreamGauges(pool.pointee.slot)?.connections.give() }
            upstream.deinitialize(count: 1)
            self.upstreamCells.deallocate(upstream)
            return nil
        }
        upstream.pointee.isCounted = isCounted
        pool.pointee.connections += 1
        pool.pointee.endpoints[endpoint].connections += 1
        self.counters.upstreamConnections += 1
        let timeout = pool.pointee.connectTimeout
        self.timers.set(upstream.timer, deadline: timeout > 0 ? self.now &+ timeout : .max)
        return upstream
    }

    /// Takes one of the connections that the upstream may have; where all are taken, one that waits for a request goes.
    ///
    /// - Returns: `nil` when there is none, else whether it counts.
    @inline(__always)
    private func takeConnection(_ pool: PoolRef) -> Bool? {
        pool.pointee.isFull = false
        return pool.pointee.breaker == nil ? false : self.takeLimited(pool)
    }

    @inline(never)
    private func takeLimited(_ pool: PoolRef) -> Bool? {
        guard let breaker = pool.pointee.breaker else { return false }
        let limit = breaker.limits.maxConnections
        if breaker.gauges.connections.take(limit: limit) { return true }
        if self.closeOneIdle(pool), breaker.gauges.connections.take(limit: limit) { return true }
        pool.pointee.isFull = true
        return nil
    }

    /// Ends a connection that has nothing to do. One of HTTP/2 says goodbye first and is gone a little later.
    func closeOneIdle(_ pool: PoolRef) -> Bool {
        for index in pool.pointee.endpoints.indices {
            if let idle = pool.pointee.endpoints[index].idle {
                self.closeUpstream(idle)
                return true
            }
            var cursor = pool.pointee.endpoints[index].carriers
            while let carrier = cursor {
                cursor = carrier.pointee.next
                guard carrier.pointee.state == .session, carrier.pointee.carrying.streamCount == 0,
                    !carrier.pointee.carrying.isLeaving
                else { continue }
                carrier.pointee.carrying.isLeaving = true
                self.markPending(carrier: carrier)
                return true
            }
        }
        return false
    }

    /// Makes room for requests that wait in other workers of the replica.
    func shareConnections() {
        for pool in self.watchedPools {
            guard let breaker = pool.pointee.breaker, pool.pointee.firstWaiting == nil,
                breaker.gauges.pending.sum() > 0
            else { continue }
            _ = self.closeOneIdle(pool)
        }
    }

    /// Parts exchange and upstream; the connection waits for another request, or is closed.
    ///
    /// - Parameter status: of an answer that is not passed on; 0: there is none.
    /// - Parameter isLast: no other try follows.
    func releaseUpstream(_ exchange: ExchangeRef, reusable: Bool, status: UInt16 = 0, isLast: Bool = true) {
        if isLast { self.giveBackLimits(exchange) }
        guard let upstream = exchange.pointee.upstream else { return }
        let pool = upstream.pointee.pool
        exchange.pointee.upstream = nil
        upstream.pointee.exchange = nil
        pool.pointee.active -= 1
        let (sent, answered) = (exchange.pointee.forwardedAt, exchange.pointee.answeredAt)
        let took = answered > sent && exchange.pointee.tunnel == nil ? (answered &- sent) / 1000 : nil
        pool.pointee.balancer.finished(upstream.pointee.endpoint, took: took, now: self.now)
        if !exchange.isByteTunnel {
            pool.pointee.counters.count(exchange.pointee.response.hasHead ? exchange.pointee.response.status : status)
        }
        if upstream.pointee.kind == .stream {
            let isDone = exchange.pointee.response.isComplete && exchange.pointee.request.isComplete
            return self.closeStream(upstream, isDone: isDone)
        }
        if reusable, !pool.pointee.isRetired, pool.pointee.endpoints[upstream.pointee.endpoint].isPresent,
            !upstream.pointee.isEnding, upstream.pointee.input == nil,
            upstream.pointee.wire == nil, !upstream.pointee.hasSaidGoodbye, upstream.pointee.output?.isEmpty ?? true
        {
            self.park(upstream)
        } else {
            self.closeUpstream(upstream)
        }
    }

    func park(_ upstream: UpstreamRef) {
        self.giveBack(&upstream.pointee.output)
        upstream.pointee.state = .idle
        let pool = upstream.pointee.pool
        let head = pool.pointee.endpoints[upstream.pointee.endpoint].idle
        upstream.pointee.previous = nil
        upstream.pointee.next = head
        head?.pointee.previous = upstream
        pool.pointee.endpoints[upstream.pointee.endpoint].idle = upstream
        let timeout = pool.pointee.idleTimeout
        self.timers.set(upstream.timer, deadline: timeout > 0 ? self.now &+ timeout : .max)
        self.roomCame(pool)
    }

    private func unlinkIdle(_ upstream: UpstreamRef) {
        if let previous = upstream.pointee.previous {
            previous.pointee.next = upstream.pointee.next
        } else {
            upstream.pointee.pool.pointee.endpoints[upstream.pointee.endpoint].idle = upstream.pointee.next
        }
        upstream.pointee.next?.pointee.previous = upstream.pointee.previous
        upstream.pointee.previous = nil
        upstream.pointee.next = nil
    }

    /// Closes a connection that no exchange has; a retired pool goes with its last one.
    func closeUpstream(_ upstream: UpstreamRef) {
        guard upstream.pointee.state != .closed else { return }
        if upstream.pointee.kind == .stream { return self.closeStream(upstream, isDone: false) }
        if upstream.pointee.state == .idle { self.unlinkIdle(upstream) }
        if upstream.pointee.kind == .carrier { self.unlinkCarrier(upstream) }
        self.endSecurity(upstream)
        upstream.pointee.state = .closed
        Socket.close(upstream.pointee.descriptor)
        self.timers.remove(upstream.timer)
        self.giveBack(&upstream.pointee.input)
        self.giveBack(&upstream.pointee.output)
        self.giveBack(&upstream.pointee.wire)
        self.counters.upstreamConnections -= 1
        if upstream.pointee.isCounted { self.upstreamGauges(upstream.pointee.pool.pointee.slot)?.connections.give() }
        self.closedUpstreams.append(upstream)
        self.roomCame(upstream.pointee.pool)
        self.leavePool(upstream)
    }

    func leavePool(_ upstream: UpstreamRef) {
        let pool = upstream.pointee.pool
        pool.pointee.connections -= 1
        pool.pointee.endpoints[upstream.pointee.endpoint].connections -= 1
        if pool.pointee.isRetired, pool.pointee.connections == 0 { self.destroy(pool) }
    }

    /// Takes a pool out of service; see `UpstreamPool`.
    func retire(_ pool: PoolRef) {
        // Nobody speaks of its endpoints after that.
        self.pardonAll(pool)
        pool.pointee.isRetired = true
        while let waiting = pool.pointee.firstWaiting {
            // It looks for room in the pool that has come instead.
            self.leaveQueue(waiting)
            waiting.pointee.tries.endpoints = TriedEndpoints()
            waiting.pointee.preferred = -1
            self.hold(waiting, milliseconds: 0)
        }
        // Held for the loop: the last idle connection to close would otherwise take the pool with it.
        pool.pointee.connections += 1
        for endpoint in pool.pointee.endpoints.indices {
            while let upstream = pool.pointee.endpoints[endpoint].idle { self.closeUpstream(upstream) }
            self.retireCarriers(pool, endpoint)
        }
        pool.pointee.connections -= 1
        if pool.pointee.connections == 0 { self.destroy(pool) }
    }

    private func destroy(_ pool: PoolRef) {
        pool.deinitialize(count: 1)
        pool.deallocate()
    }
}
