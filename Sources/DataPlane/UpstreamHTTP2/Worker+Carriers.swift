import CNghttp2
import HTTPWire
import Reactor

/// Connections that carry streams: how they come to be, and which one a request takes.
extension Worker {
    // MARK: Choosing

    /// A stream of a connection with room, also of one that is still being made; else of a new one.
    func openStream(_ pool: PoolRef, _ endpoint: Int, besides excluded: UpstreamRef?) -> UpstreamRef? {
        guard !pool.pointee.endpoints[endpoint].prefersHTTP1 else { return self.connect(pool, endpoint) }
        return self.takeCarrier(pool, endpoint, besides: excluded).map { self.makeStream(in: $0) }
    }

    private func takeCarrier(_ pool: PoolRef, _ endpoint: Int, besides excluded: UpstreamRef?) -> UpstreamRef? {
        var cursor = pool.pointee.endpoints[endpoint].carriers
        while let carrier = cursor {
            if carrier != excluded, carrier.hasRoom { return carrier }
            cursor = carrier.pointee.next
        }
        guard let carrier = self.connect(pool, endpoint) else { return nil }
        carrier.pointee.kind = .carrier
        self.linkCarrier(carrier)
        return carrier
    }

    func makeStream(in carrier: UpstreamRef) -> UpstreamRef {
        let stream = self.upstreamCells.allocate().assumingMemoryBound(to: UpstreamConnection.self)
        let (pool, endpoint) = (carrier.pointee.pool, carrier.pointee.endpoint)
        stream.initialize(
            to: UpstreamConnection(
                token: Token.make(stream, Token.upstream), descriptor: -1, pool: pool, endpoint: endpoint))
        stream.pointee.kind = .stream
        stream.pointee.isReused = carrier.pointee.hasAnswered
        pool.pointee.connections += 1
        pool.pointee.endpoints[endpoint].connections += 1
        self.link(stream, in: carrier)
        return stream
    }

    private func link(_ stream: UpstreamRef, in carrier: UpstreamRef) {
        stream.pointee.carrying.carrier = carrier
        stream.pointee.previous = nil
        stream.pointee.next = carrier.pointee.carrying.streams
        carrier.pointee.carrying.streams?.pointee.previous = stream
        carrier.pointee.carrying.streams = stream
        carrier.pointee.carrying.streamCount += 1
        guard carrier.pointee.state == .session else { return }
        stream.pointee.state = .awaitingHead
        self.timers.set(carrier.timer, deadline: .max)
    }

    /// Takes a stream out of its carrier, which waits for the next one or ends.
    func unlink(_ stream: UpstreamRef) {
        guard let carrier = stream.pointee.carrying.carrier else { return }
        stream.pointee.carrying.carrier = nil
        if let previous = stream.pointee.previous {
            previous.pointee.next = stream.pointee.next
        } else {
            carrier.pointee.carrying.streams = stream.pointee.next
        }
        stream.pointee.next?.pointee.previous = stream.pointee.previous
        carrier.pointee.carrying.streamCount -= 1
        guard carrier.pointee.carrying.streamCount == 0, carrier.pointee.state == .session else { return }
        let timeout = carrier.pointee.pool.pointee.idleTimeout
        self.timers.set(carrier.timer, deadline: timeout > 0 ? self.now &+ timeout : .max)
        self.markPending(carrier: carrier)
    }

    private func linkCarrier(_ carrier: UpstreamRef) {
        let (pool, endpoint) = (carrier.pointee.pool, carrier.pointee.endpoint)
        let head = pool.pointee.endpoints[endpoint].carriers
        carrier.pointee.previous = nil
        carrier.pointee.next = head
        head?.pointee.previous = carrier
        pool.pointee.endpoints[endpoint].carriers = carrier
    }

    func unlinkCarrier(_ carrier: UpstreamRef) {
        if let previous = carrier.pointee.previous {
            previous.pointee.next = carrier.pointee.next
        } else {
            carrier.pointee.pool.pointee.endpoints[carrier.pointee.endpoint].carriers = carrier.pointee.next
        }
        carrier.pointee.next?.pointee.previous = carrier.pointee.previous
        carrier.pointee.previous = nil
        carrier.pointee.next = nil
    }

    // MARK: What ALPN chose

    /// HTTP/1.1 after all: one of the requests that wait has the connection, the others get their own.
    func becomeConnection(_ carrier: UpstreamRef) {
        let (pool, endpoint) = (carrier.pointee.pool, carrier.pointee.endpoint)
        pool.pointee.endpoints[endpoint].prefersHTTP1 = true
        self.unlinkCarrier(carrier)
        carrier.pointee.kind = .sealed
        while let stream = carrier.pointee.carrying.streams {
            self.unlink(stream)
            guard carrier.pointee.exchange != nil else {
                self.hand(stream, over: carrier)
                continue
            }
            if let fresh = self.connect(pool, endpoint) {
                self.hand(stream, over: fresh)
            } else {
                self.sendElsewhere(stream)
            }
        }
        if carrier.pointee.exchange != nil { return self.upstreamIsOpen(carrier) }
        if pool.pointee.isRetired || !pool.pointee.endpoints[endpoint].isPresent {
            self.closeUpstream(carrier)
        } else {
            self.park(carrier)
        }
    }

    /// HTTP/2 where HTTP/1.1 was chosen the last time.
    func becomeCarrier(_ upstream: UpstreamRef) {
        upstream.pointee.pool.pointee.endpoints[upstream.pointee.endpoint].prefersHTTP1 = false
        upstream.pointee.kind = .carrier
        self.linkCarrier(upstream)
        if upstream.pointee.exchange != nil { self.hand(upstream, over: self.makeStream(in: upstream)) }
        self.openSession(toUpstream: upstream)
    }

    /// Gives an exchange and its request to another cell of the same endpoint.
    private func hand(_ upstream: UpstreamRef, over other: UpstreamRef) {
        guard let exchange = upstream.pointee.exchange else { return }
        upstream.pointee.exchange = nil
        other.pointee.exchange = exchange
        exchange.pointee.upstream = other
        other.pointee.output = upstream.pointee.output
        upstream.pointee.output = nil
        if upstream.pointee.kind == .stream { self.closeStream(upstream, isDone: true) }
    }

    // MARK: Streams that were waiting

    /// The upstream has said how many streams it takes: those that wait begin, and those that are too many look elsewhere.
    func carrierIsOpen(_ carrier: UpstreamRef) {
        carrier.pointee.state = .session
        self.timers.set(carrier.timer, deadline: .max)
        var cursor = carrier.pointee.carrying.streams
        while let stream = cursor {
            cursor = stream.pointee.next
            if carrier.pointee.carrying.streamCount > carrier.pointee.carrying.streamLimit {
                self.move(stream, besides: carrier)
            } else {
                stream.pointee.state = .awaitingHead
                self.startTryClock(stream)
                self.submitRequest(stream)
            }
        }
        if carrier.pointee.carrying.streamCount == 0 {
            let timeout = carrier.pointee.pool.pointee.idleTimeout
            self.timers.set(carrier.timer, deadline: timeout > 0 ? self.now &+ timeout : .max)
        }
        self.markPending(carrier: carrier)
    }

    private func move(_ stream: UpstreamRef, besides carrier: UpstreamRef) {
        self.unlink(stream)
        guard let other = self.takeCarrier(stream.pointee.pool, stream.pointee.endpoint, besides: carrier) else {
            return self.sendElsewhere(stream)
        }
        self.link(stream, in: other)
        guard stream.pointee.state == .awaitingHead else { return }
        self.startTryClock(stream)
        self.submitRequest(stream)
    }
}
