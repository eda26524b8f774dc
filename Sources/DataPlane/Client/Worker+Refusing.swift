import HTTPWire
import Reactor

extension Worker {
    /// Answers something on an HTTP/1.1 connection that never became a request, and closes.
    func refuse(_ client: ClientRef, _ reason: Reason) {
        let exchange = self.makeExchange(client, stream: 0)
        client.pointee.closesAfter = true
        client.pointee.hasUnreadRequest = true
        client.pointee.state = .exchange
        self.startLogLine(exchange, head: nil)
        self.answer(exchange, reason)
    }

    /// Answers an exchange in the gateway's own name. No byte of an answer may have gone out before.
    ///
    /// An HTTP/1.1 connection stays open only when the request has come whole, so that the next one is found where it
    /// begins.
    ///
    /// - Parameters:
    ///   - status: in place of the reason's.
    ///   - lines: whole lines, `name: value` CRLF, beside the gateway's own.
    func answer(_ exchange: ExchangeRef, _ reason: Reason, status: UInt16? = nil, lines: [UInt8] = []) {
        let status = status ?? reason.status
        self.endWaiting(exchange)
        self.releaseUpstream(exchange, reusable: false)
        if !exchange.pointee.request.isComplete, !exchange.isHTTP2 {
            exchange.pointee.client.pointee.closesAfter = true
            exchange.pointee.client.pointee.hasUnreadRequest = true
        }
        exchange.pointee.reason = reason
        exchange.pointee.response.status = status
        exchange.pointee.response.hasHead = true
        exchange.pointee.response.isComplete = true
        exchange.pointee.deadline = .max
        if !exchange.pointee.client.pointee.isMirror { self.counters.count(reason) }
        guard !exchange.pointee.call.isGRPC else { return self.answerCall(exchange, reason, status: status) }

        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        self.refreshDate()
        let document = ProblemDocument(
            reason: reason, status: status, id: exchange.pointee.id, method: exchange.pointee.request.method,
            closes: !exchange.isHTTP2 && self.closes(exchange.pointee.client), date: self.date, lines: lines,
            fields: exchange.isHTTP2 ? .init() : exchange.pointee.answerFields,
            withoutCORS: exchange.pointee.cors.replaces,
            limits: exchange.isHTTP2 ? nil : exchange.pointee.limitLines,
            cors: exchange.isHTTP2 ? nil : exchange.corsLines)
        document.write(into: &writer)
        guard !exchange.isHTTP2 else { return self.answerStream(exchange, writer) }
        guard self.send(exchange, writer.base, count: writer.count) else { return self.abort(exchange, .clientClosed) }
        self.answerIsWritten(exchange)
    }

    /// Whether the connection ends with the present answer.
    func closes(_ client: ClientRef) -> Bool {
        client.pointee.closesAfter || self.drain.closesConnections
    }

    func refreshDate() {
        self.date.refresh(wallMicroseconds: Clock.wallMicroseconds())
    }
}
