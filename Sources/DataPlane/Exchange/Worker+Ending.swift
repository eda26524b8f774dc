import HTTPWire
import Reactor
import Routing

extension Worker {
    /// The exchange cannot be finished as it should: the client gets a problem document, or, when an answer is already on
    /// its way, a connection that visibly breaks.
    func fail(_ client: ClientRef, _ reason: Reason) {
        if client.pointee.exchange.response.hasHead {
            self.abort(client, reason)
        } else {
            self.answer(client, reason)
        }
    }

    /// Ends exchange and connection without a word.
    func abort(_ client: ClientRef, _ reason: Reason) {
        self.releaseUpstream(client, reusable: false)
        client.pointee.exchange.reason = reason
        if !client.pointee.exchange.response.hasHead { client.pointee.exchange.response.status = reason.status }
        self.counters.count(reason)
        // A body that ends with the connection would seem complete after an orderly close; any other visibly is not.
        if client.pointee.exchange.response.endsWithConnection { Socket.resetOnClose(client.pointee.descriptor) }
        self.recordExchange(client)
        self.close(client)
    }

    /// The whole answer has been handed to the kernel: the connection goes on to the next request, or ends.
    func concludeExchange(_ client: ClientRef) {
        let requestIsComplete = client.pointee.exchange.request.isComplete
        let closes = self.closes(client) || !requestIsComplete
        self.recordExchange(client)
        if closes {
            client.pointee.hasUnreadRequest = client.pointee.hasUnreadRequest || !requestIsComplete
            client.pointee.state = .flushing
            return self.lastAnswerIsOut(client)
        }
        client.pointee.state = .head
        self.setTimer(client, after: client.pointee.acceptor.pointee.settings.idleTimeout)
        if client.pointee.isReadable || client.pointee.hasUnparsedInput { self.schedule(client) }
    }

    /// Counts and logs the exchange, lets its configuration go, and makes the place ready for the next one.
    private func recordExchange(_ client: ClientRef) {
        let status = client.pointee.exchange.response.status
        client.pointee.acceptor.pointee.counters.count(status)
        self.counters.activeRequests -= 1
        self.counters.durations.record(nanoseconds: self.nowNanoseconds &- client.pointee.exchange.startedAt)
        if client.pointee.exchange.logLine != nil { self.finishLogLine(client) }
        client.pointee.exchange.route?.release()
        client.pointee.exchange = Exchange()
    }
}
