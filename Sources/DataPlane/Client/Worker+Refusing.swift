import HTTPWire
import Reactor

extension Worker {
    /// Answers something that never became an exchange, and closes.
    func refuse(_ client: ClientRef, _ reason: Reason) {
        client.pointee.exchange.startedAt = self.nowNanoseconds
        client.pointee.exchange.id = RequestID(random: &self.random)
        client.pointee.exchange.request = RequestProgress()
        client.pointee.closesAfter = true
        client.pointee.hasUnreadRequest = true
        self.counters.activeRequests += 1
        client.pointee.state = .exchange
        self.startLogLine(client, head: nil)
        self.answer(client, reason)
    }

    /// Answers an exchange in the gateway's own name. No byte of an answer may have gone out before.
    ///
    /// The connection stays open only when the request has come whole, so that the next one is found where it begins.
    func answer(_ client: ClientRef, _ reason: Reason) {
        self.releaseUpstream(client, reusable: false)
        if !client.pointee.exchange.request.isComplete {
            client.pointee.closesAfter = true
            client.pointee.hasUnreadRequest = true
        }
        client.pointee.exchange.reason = reason
        client.pointee.exchange.response.status = reason.status
        client.pointee.exchange.response.hasHead = true
        client.pointee.exchange.response.isComplete = true
        client.pointee.exchange.deadline = .max
        self.counters.count(reason)

        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        self.refreshDate()
        let document = ProblemDocument(
            reason: reason, id: client.pointee.exchange.id, method: client.pointee.exchange.request.method,
            closes: self.closes(client), date: self.date)
        document.write(into: &writer)
        guard self.send(client, writer.base, count: writer.count) else { return self.abort(client, .clientClosed) }
        if client.pointee.output == nil { self.concludeExchange(client) } else { self.noteProgress(client) }
    }

    /// Whether the connection ends with the present answer.
    func closes(_ client: ClientRef) -> Bool {
        client.pointee.closesAfter || self.drain.closesConnections
    }

    func refreshDate() {
        self.date.refresh(wallMicroseconds: Clock.wallMicroseconds())
    }
}
