import HTTPWire
import Reactor
import Routing

extension Worker {
    /// A new exchange of a client, not yet filled in.
    func makeExchange(_ client: ClientRef, stream: Int32) -> ExchangeRef {
        let exchange = self.exchangeCells.allocate().assumingMemoryBound(to: Exchange.self)
        exchange.initialize(to: Exchange(token: Token.make(exchange, Token.exchange), client: client, stream: stream))
        exchange.pointee.startedAt = self.nowNanoseconds
        exchange.pointee.id = RequestID(random: &self.random)
        exchange.pointee.next = client.pointee.exchanges
        client.pointee.exchanges?.pointee.previous = exchange
        client.pointee.exchanges = exchange
        self.counters.activeRequests += 1
        self.timers.set(client.timer, deadline: .max)
        return exchange
    }

    /// The exchange cannot be finished as it should: the client gets a problem document, or, when an answer is already on
    /// its way, a connection or stream that visibly breaks.
    func fail(_ exchange: ExchangeRef, _ reason: Reason) {
        if exchange.pointee.response.hasHead {
            self.abort(exchange, reason)
        } else {
            self.answer(exchange, reason)
        }
    }

    /// Ends an exchange without a word: with its connection on HTTP/1.1, with its stream on HTTP/2.
    func abort(_ exchange: ExchangeRef, _ reason: Reason) {
        let client = exchange.pointee.client
        if exchange.pointee.tunnel != nil { self.breakTunnel(exchange) }
        self.endWaiting(exchange)
        self.releaseUpstream(exchange, reusable: false)
        exchange.pointee.reason = reason
        if !exchange.pointee.response.hasHead { exchange.pointee.response.status = reason.status }
        if !client.pointee.isMirror { self.counters.count(reason) }
        guard !exchange.isHTTP2 else {
            self.resetStream(exchange, reason)
            return self.end(exchange)
        }
        // A body that ends with the connection would seem complete after an orderly close; any other visibly is not.
        client.pointee.isTruncated = exchange.pointee.response.hasHead
        if exchange.pointee.response.endsWithConnection, !reason.isBeforeUpstream {
            Socket.resetOnClose(client.pointee.descriptor)
        }
        self.end(exchange)
        self.close(client)
    }

    /// All of the answer has been given to the client's connection: what is left is to be sent, or all is done.
    func answerIsWritten(_ exchange: ExchangeRef) {
        if exchange.isHTTP2 { return self.finishStream(exchange) }
        if exchange.pointee.client.pointee.output == nil {
            self.concludeExchange(exchange)
        } else {
            self.noteProgress(exchange)
        }
    }

    /// The whole answer has been handed to the kernel: an HTTP/1.1 connection goes on to the next request, or ends.
    func concludeExchange(_ exchange: ExchangeRef) {
        let client = exchange.pointee.client
        let requestIsComplete = exchange.pointee.request.isComplete
        let closes = self.closes(client) || !requestIsComplete
        self.end(exchange)
        if closes {
            client.pointee.hasUnreadRequest = client.pointee.hasUnreadRequest || !requestIsComplete
            client.pointee.state = .flushing
            return self.lastAnswerIsOut(client)
        }
        client.pointee.state = .head
        self.setTimer(client, after: client.pointee.acceptor.pointee.settings.idleTimeout)
        if client.pointee.isReadable || client.pointee.hasUnparsedInput { self.schedule(client) }
    }

    /// Counts and logs the exchange, lets its configuration go, and gives back what it had borrowed.
    func end(_ exchange: ExchangeRef) {
        let client = exchange.pointee.client
        if client.pointee.isMirror { self.endMirror(exchange) } else { self.count(exchange, of: client) }
        if exchange.pointee.logLine != nil { self.finishLogLine(exchange) }
        if exchange.pointee.mirror != nil { self.dropCopy(exchange) }
        self.endWaiting(exchange)
        if exchange.pointee.upstream != nil { self.releaseUpstream(exchange, reusable: false) }
        if exchange.pointee.suspension != nil { self.endSuspensions(exchange) }
        if exchange.pointee.access != nil { self.endAccess(exchange) }
        if exchange.pointee.traffic != nil { self.endTraffic(exchange) }
        exchange.pointee.route?.release()
        exchange.pointee.route = nil
        self.endCoding(exchange)
        self.endAnswerFields(exchange)
        self.giveBack(&exchange.pointee.cors.lines)
        self.giveBack(&exchange.pointee.limitLines)
        self.timers.remove(exchange.timer)
        self.giveBack(&exchange.pointee.input)
        self.giveBack(&exchange.pointee.output)
        if exchange.isHTTP2 { self.giveBack(&exchange.pointee.call.trailers) }
        self.unlink(exchange, from: client)
        exchange.pointee.isOver = true
        self.closedExchanges.append(exchange)
        if exchange.isHTTP2 { self.streamEnded(client) }
    }

    @inline(__always)
    private func count(_ exchange: ExchangeRef, of client: ClientRef) {
        if !exchange.isByteTunnel { client.pointee.acceptor.pointee.counters.count(exchange.pointee.response.status) }
        self.counters.activeRequests -= 1
        guard exchange.pointee.tunnel == nil else { return }
        self.counters.durations.record(nanoseconds: self.nowNanoseconds &- exchange.pointee.startedAt)
    }

    private func unlink(_ exchange: ExchangeRef, from client: ClientRef) {
        if let previous = exchange.pointee.previous {
            previous.pointee.next = exchange.pointee.next
        } else {
            client.pointee.exchanges = exchange.pointee.next
        }
        exchange.pointee.next?.pointee.previous = exchange.pointee.previous
    }
}
