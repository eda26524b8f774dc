import HTTPWire
import Reactor
import Routing

extension Worker {
    /// Sets the client's one timer; 0 milliseconds is no limit.
    func setTimer(_ client: ClientRef, after milliseconds: UInt64) {
        self.timers.set(client.timer, deadline: milliseconds > 0 ? self.now &+ milliseconds : .max)
    }

    /// What a client that ran out of time was doing tells what it gets.
    func clientTimedOut(_ client: ClientRef) {
        switch client.pointee.state {
        case .head:
            // A head that has begun is answered; an idle connection is just closed.
            if client.pointee.input == nil { self.close(client) } else { self.refuse(client, .requestTimeout) }
        case .exchange: self.exchangeTimedOut(client)
        case .flushing, .lingering: self.close(client)
        case .closed: break
        }
    }

    private func exchangeTimedOut(_ client: ClientRef) {
        if client.pointee.exchange.response.hasHead { return self.abort(client, .upstreamTimeout) }
        // A body that stands still because the upstream does not take it is not the client's fault.
        let upstreamIsSlow = client.pointee.exchange.upstream.map { !$0.takesBody } ?? false
        let isLate = client.pointee.exchange.request.isComplete || upstreamIsSlow
        self.fail(client, isLate ? .upstreamTimeout : .requestTimeout)
    }

    /// Bytes of the answer moved, or the answer has to wait for its reader: the idle clock starts anew, within the whole
    /// request's time.
    func noteProgress(_ client: ClientRef) {
        guard client.pointee.state == .exchange else {
            return self.setTimer(client, after: client.pointee.acceptor.pointee.settings.idleTimeout)
        }
        let idle = client.pointee.exchange.route?._withUnsafeGuaranteedRef { $0.idleTimeout } ?? 0
        let timeout = idle > 0 ? idle : client.pointee.acceptor.pointee.settings.idleTimeout
        let idleDeadline = timeout > 0 ? self.now &+ timeout : .max
        self.timers.set(client.timer, deadline: min(idleDeadline, client.pointee.exchange.deadline))
    }

    func upstreamTimedOut(_ upstream: UpstreamRef) {
        switch upstream.pointee.state {
        case .connecting, .awaitingHead, .answering: self.upstreamFailed(upstream, .upstreamTimeout)
        case .idle: self.closeUpstream(upstream)
        case .closed: break
        }
    }
}
