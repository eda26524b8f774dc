import HTTPWire
import Reactor

/// Bytes both ways between a client and an upstream, and how they end.
extension Worker {
    /// The exchange is a tunnel from here on.
    func openTunnel(_ exchange: ExchangeRef, _ upstream: UpstreamRef, _ content: Tunnel.Content) {
        exchange.pointee.tunnel = Tunnel(content)
        exchange.pointee.deadline = .max
        exchange.pointee.request.framing = .untilClose
        exchange.pointee.request.remaining = .max
        exchange.pointee.request.isComplete = false
        exchange.pointee.response.framing = .untilClose
        exchange.pointee.response.hasHead = true
        upstream.pointee.state = .answering
        self.timers.set(upstream.timer, deadline: .max)
        if !exchange.isHTTP2 {
            exchange.pointee.client.pointee.isTunnel = true
            exchange.pointee.client.pointee.closesAfter = true
        }
        self.noteProgress(exchange)
        self.schedule(exchange)
    }

    // MARK: From the client

    /// What is left to do for a client's bytes: an end behind them is passed on.
    func finishTunnelInput(_ exchange: ExchangeRef) {
        guard !exchange.pointee.isOver, let upstream = exchange.pointee.upstream else { return }
        if exchange.pointee.tunnel?.clientHasEnded == true, !exchange.pointee.request.isComplete,
            exchange.pointee.client.pointee.input == nil, upstream.takesBody
        {
            self.endTunnelInput(exchange, upstream)
        }
        self.endTunnelIfDone(exchange)
    }

    /// The upstream has all that the client sent, and is told that this was all.
    func endTunnelInput(_ exchange: ExchangeRef, _ upstream: UpstreamRef) {
        exchange.pointee.request.isComplete = true
        Socket.shutdownWrites(upstream.pointee.descriptor)
    }

    /// The client of an HTTP/1.1 connection has sent all it will.
    func tunnelClientEnded(_ exchange: ExchangeRef) {
        guard exchange.pointee.tunnel?.clientHasEnded == false else { return }
        exchange.pointee.tunnel?.clientHasEnded = true
        self.noteProgress(exchange)
        self.schedule(exchange)
    }

    // MARK: From the upstream

    func relayTunnel(_ exchange: ExchangeRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) {
        guard exchange.pointee.tunnel?.hasSaidGoodbye == false else { return }
        let passed = self.followFrames(exchange, base, count: count)
        guard self.send(exchange, base, count: passed), self.sayGoodbyeIfDue(exchange) else {
            return self.abort(exchange, .clientClosed)
        }
        self.noteProgress(exchange)
    }

    /// The upstream has sent all it will; the client learns when it has the rest.
    func tunnelUpstreamEnded(_ exchange: ExchangeRef) {
        guard exchange.pointee.tunnel?.upstreamHasEnded == false else { return }
        exchange.pointee.tunnel?.upstreamHasEnded = true
        exchange.pointee.response.isComplete = true
        if exchange.isHTTP2 {
            self.finishStream(exchange)
        } else {
            self.noteProgress(exchange)
            self.shutTunnelClient(exchange)
        }
        self.endTunnelIfDone(exchange)
    }

    /// The client's connection has taken all that was kept for it.
    func tunnelHasRoom(_ exchange: ExchangeRef) {
        self.noteProgress(exchange)
        self.shutTunnelClient(exchange)
        self.endTunnelIfDone(exchange)
        guard !exchange.pointee.isOver, let upstream = exchange.pointee.upstream else { return }
        self.readUpstream(upstream)
    }

    private func shutTunnelClient(_ exchange: ExchangeRef) {
        let client = exchange.pointee.client
        guard let tunnel = exchange.pointee.tunnel, tunnel.upstreamHasEnded, !tunnel.clientIsShut,
            client.pointee.output == nil
        else { return }
        exchange.pointee.tunnel?.clientIsShut = true
        self.shutdownWrites(client)
    }

    // MARK: Ends

    /// Streams of HTTP/2 end when the library says so; see `tunnelStreamClosed`.
    private func endTunnelIfDone(_ exchange: ExchangeRef) {
        guard !exchange.isHTTP2, let tunnel = exchange.pointee.tunnel, tunnel.clientIsShut,
            exchange.pointee.request.isComplete || exchange.pointee.request.isAbandoned
        else { return }
        self.endTunnel(exchange)
    }

    private func endTunnel(_ exchange: ExchangeRef) {
        let client = exchange.pointee.client
        let hasUnread = !exchange.pointee.request.isComplete
        self.releaseUpstream(exchange, reusable: false)
        self.end(exchange)
        guard hasUnread else { return self.close(client) }
        client.pointee.hasUnreadRequest = true
        client.pointee.state = .flushing
        self.lastAnswerIsOut(client)
    }

    /// One side is gone: the other must not take what it has for all there was.
    func breakTunnel(_ exchange: ExchangeRef) {
        guard let upstream = exchange.pointee.upstream else { return }
        Socket.resetOnClose(upstream.pointee.descriptor)
    }

    /// Nothing moved for too long, or a client that was told to leave has not done so.
    func tunnelTimedOut(_ exchange: ExchangeRef) {
        let wasTold = exchange.pointee.tunnel?.isLeaving == true
        guard !exchange.isHTTP2 else { return self.abort(exchange, wasTold ? .clientClosed : .idleTimeout) }
        if !wasTold { exchange.pointee.reason = .idleTimeout }
        if exchange.pointee.client.pointee.output != nil { return self.abort(exchange, .idleTimeout) }
        self.endTunnel(exchange)
    }

    /// Both sides of the stream have ended, or one broke it off.
    func tunnelStreamClosed(_ exchange: ExchangeRef) {
        guard exchange.pointee.response.isComplete, exchange.pointee.output == nil else {
            return self.endUnfinished(exchange, .clientClosed)
        }
        self.releaseUpstream(exchange, reusable: false)
        self.end(exchange)
    }
}
