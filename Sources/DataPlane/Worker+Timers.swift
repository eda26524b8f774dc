import Balancing
import HTTPWire
import Reactor
import Routing

extension Worker {
    /// How long flow control may keep a stream of HTTP/2 from moving.
    private static let stalledStream: UInt64 = 30_000

    /// Sets the client's own timer, which counts while no request is under way; 0 milliseconds is no limit.
    func setTimer(_ client: ClientRef, after milliseconds: UInt64) {
        self.timers.set(client.timer, deadline: milliseconds > 0 ? self.now &+ milliseconds : .max)
    }

    /// Sets the exchange's one timer; 0 milliseconds is no limit.
    func setTimer(_ exchange: ExchangeRef, after milliseconds: UInt64) {
        self.timers.set(exchange.timer, deadline: milliseconds > 0 ? self.now &+ milliseconds : .max)
    }

    /// What a client that ran out of time was doing tells what it gets.
    func clientTimedOut(_ client: ClientRef) {
        switch client.pointee.state {
        case .head:
            // A head that has begun is answered; an idle connection is just closed.
            if client.pointee.input == nil { self.close(client) } else { self.refuse(client, .requestTimeout) }
        case .session: self.sessionTimedOut(client)
        case .opening, .handshake:
            self.counters.openingsRefused += 1
            self.close(client)
        case .flushing, .lingering: self.close(client)
        case .exchange, .closed: break
        }
    }

    func exchangeTimedOut(_ exchange: ExchangeRef) {
        guard !exchange.pointee.isOver else { return }
        if exchange.pointee.waiting.isHeld { return self.resumeHeld(exchange) }
        if exchange.pointee.tunnel != nil { return self.tunnelTimedOut(exchange) }
        if exchange.pointee.call.isGRPC {
            if !exchange.pointee.response.hasHead, let upstream = exchange.pointee.upstream,
                self.hadMostOfTheTime(exchange)
            {
                self.noteFailure(upstream.pointee.pool, upstream.pointee.endpoint)
            }
            return exchange.pointee.response.hasHead
                ? self.endCall(exchange, .upstreamTimeout) : self.fail(exchange, .upstreamTimeout)
        }
        if exchange.pointee.response.hasHead { return self.abort(exchange, .upstreamTimeout) }
        // A body that stands still because the upstream does not take it is not the client's fault.
        let upstreamIsSlow = exchange.pointee.upstream.map { !$0.takesBody } ?? false
        let isLate = exchange.pointee.request.isComplete || upstreamIsSlow
        if isLate, let upstream = exchange.pointee.upstream, self.hadMostOfTheTime(exchange) {
            self.noteFailure(upstream.pointee.pool, upstream.pointee.endpoint)
        }
        self.fail(exchange, isLate ? .upstreamTimeout : .requestTimeout)
    }

    /// The endpoint was waited for longer than all before it.
    private func hadMostOfTheTime(_ exchange: ExchangeRef) -> Bool {
        let (started, sent) = (exchange.pointee.startedAt, exchange.pointee.forwardedAt)
        return self.nowNanoseconds &- sent >= sent &- min(started, sent)
    }

    /// Bytes of the answer moved, or the answer has to wait for its reader: the idle clock starts anew, within the whole
    /// request's time.
    func noteProgress(_ exchange: ExchangeRef) {
        guard !exchange.pointee.waiting.isHeld else { return }
        let idle = exchange.pointee.route?._withUnsafeGuaranteedRef { $0.idleTimeout } ?? 0
        var timeout = idle > 0 ? idle : exchange.settings.idleTimeout
        // A stream whose window stays shut holds what was read for it.
        if exchange.isHTTP2, exchange.pointee.output != nil { timeout = min(timeout, Self.stalledStream) }
        let idleDeadline = timeout > 0 ? self.now &+ timeout : .max
        self.timers.set(exchange.timer, deadline: min(idleDeadline, exchange.pointee.deadline))
    }

    /// From here on only silence counts: the answer has no end to wait for.
    func liftDeadlines(_ exchange: ExchangeRef) {
        exchange.pointee.deadline = .max
        if let upstream = exchange.pointee.upstream { self.timers.set(upstream.timer, deadline: .max) }
    }

    func upstreamTimedOut(_ upstream: UpstreamRef) {
        switch upstream.pointee.state {
        case .connecting, .handshaking, .awaitingHead, .answering: self.upstreamFailed(upstream, .upstreamTimeout)
        case .idle: self.closeUpstream(upstream)
        case .session: self.leave(upstream)
        case .closed: break
        }
    }
}
