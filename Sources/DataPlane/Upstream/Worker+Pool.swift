import Balancing
import HTTPWire
import Reactor
import Routing

extension Worker {
    /// Gives the exchange a connection to an endpoint of its route's upstream: one that waits, or a new one.
    ///
    /// - Returns: `nil` when there is none; `exchange.reason` then says why.
    func takeUpstream(for exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>) -> UpstreamRef? {
        let slot = route._withUnsafeGuaranteedRef { $0.upstream }
        guard self.suits(exchange, upstream: slot) else {
            exchange.pointee.reason = .upstreamInvalid
            return nil
        }
        guard self.pools.indices.contains(slot), let pool = self.pools[slot],
            let endpoint = pool.pointee.balancer.pick(
                self.random.next(), hash: nil, avoiding: TriedEndpoints(), now: self.now)
        else {
            exchange.pointee.reason = .noEndpoint
            return nil
        }
        // Bytes of a tunnel go over a connection that has served nothing else.
        let taken = exchange.pointee.tunnel == nil ? self.takeIdle(pool, endpoint) : nil
        guard let upstream = taken ?? self.openUpstream(pool, endpoint) else {
            exchange.pointee.reason = .upstreamConnectFailed
            return nil
        }
        self.attach(upstream, to: exchange)
        return upstream
    }

    func attach(_ upstream: UpstreamRef, to exchange: ExchangeRef) {
        upstream.pointee.exchange = exchange
        upstream.pointee.pool.pointee.balancer.started(upstream.pointee.endpoint)
        exchange.pointee.upstream = upstream
        exchange.pointee.endpoint = upstream.pointee.endpoint
        exchange.pointee.forwardedAt = self.nowNanoseconds
        if upstream.pointee.state == .awaitingHead { self.startTryClock(upstream) }
    }

    /// The time of one try begins when its request can be sent.
    func startTryClock(_ upstream: UpstreamRef) {
        let route = upstream.pointee.exchange?.pointee.route
        let isTunnel = upstream.pointee.exchange?.pointee.tunnel != nil
        let timeout = isTunnel ? 0 : route?._withUnsafeGuaranteedRef { $0.backendRequestTimeout } ?? 0
        self.timers.set(upstream.timer, deadline: timeout > 0 ? self.now &+ timeout : .max)
    }

    private func takeIdle(_ pool: PoolRef, _ endpoint: Int) -> UpstreamRef? {
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
        guard let descriptor = Socket.connect(to: pool.pointee.endpoints[endpoint].address) else { return nil }
        let upstream = self.upstreamCells.allocate().assumingMemoryBound(to: UpstreamConnection.self)
        let token = Token.make(upstream, Token.upstream)
        upstream.initialize(
            to: UpstreamConnection(token: token, descriptor: descriptor, pool: pool, endpoint: endpoint))
        guard self.poller.addStream(descriptor, token: token) else {
            Socket.close(descriptor)
            upstream.deinitialize(count: 1)
            self.upstreamCells.deallocate(upstream)
            return nil
        }
        pool.pointee.connections += 1
        self.counters.upstreamConnections += 1
        let timeout = pool.pointee.connectTimeout
        self.timers.set(upstream.timer, deadline: timeout > 0 ? self.now &+ timeout : .max)
        return upstream
    }

    /// Parts exchange and upstream; the connection waits for another request, or is closed.
    func releaseUpstream(_ exchange: ExchangeRef, reusable: Bool) {
        guard let upstream = exchange.pointee.upstream else { return }
        let pool = upstream.pointee.pool
        exchange.pointee.upstream = nil
        upstream.pointee.exchange = nil
        pool.pointee.balancer.finished(upstream.pointee.endpoint, took: nil, now: self.now)
        if !exchange.isByteTunnel {
            pool.pointee.counters.count(exchange.pointee.response.hasHead ? exchange.pointee.response.status : 0)
        }
        if upstream.pointee.kind == .stream {
            let isDone = exchange.pointee.response.isComplete && exchange.pointee.request.isComplete
            return self.closeStream(upstream, isDone: isDone)
        }
        if reusable, !pool.pointee.isRetired, !upstream.pointee.isEnding, upstream.pointee.input == nil,
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
        self.closedUpstreams.append(upstream)
        self.leavePool(upstream)
    }

    func leavePool(_ upstream: UpstreamRef) {
        let pool = upstream.pointee.pool
        pool.pointee.connections -= 1
        if pool.pointee.isRetired, pool.pointee.connections == 0 { self.destroy(pool) }
    }

    /// Takes a pool out of service; see `UpstreamPool`.
    func retire(_ pool: PoolRef) {
        pool.pointee.isRetired = true
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
