import HTTPWire
import Reactor

extension Worker {
    /// Whether the request asks what a balancer asks: may this replica have traffic?
    func asksForHealth(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) -> Bool {
        guard let path = exchange.pointee.client.listener.healthCheckPath,
            self.requestHead.method == .get || self.requestHead.method == .head
        else { return false }
        let asked = bytes.extracting(self.requestHead.path.range)
        guard asked.count == path.count else { return false }
        for index in asked.indices where asked[index] != path[index] { return false }
        return true
    }

    /// 200, or 503 from the moment that the replica is to end: long before it stops serving, so that the balancer is gone
    /// by then.
    func answerHealth(_ exchange: ExchangeRef) {
        guard !self.drain.failsHealthChecks else { return self.answer(exchange, .draining) }
        if !exchange.pointee.request.isComplete, !exchange.isHTTP2 {
            exchange.pointee.client.pointee.closesAfter = true
            exchange.pointee.client.pointee.hasUnreadRequest = true
        }
        exchange.pointee.response.status = 200
        exchange.pointee.response.hasHead = true
        exchange.pointee.response.isComplete = true
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        self.refreshDate()
        writer.append("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: 3\r\n")
        if !exchange.isHTTP2 {
            writer.append("X-Request-Id: ")
            writer.append(exchange.pointee.id)
            writer.append("\r\n")
        }
        writer.append("Date: ")
        writer.append(self.date)
        if !exchange.isHTTP2, self.closes(exchange.pointee.client) { writer.append("\r\nConnection: close") }
        writer.append("\r\n\r\n")
        if exchange.pointee.request.method != .head { writer.append("ok\n") }
        guard !exchange.isHTTP2 else { return self.answerStream(exchange, writer) }
        guard self.send(exchange, writer.base, count: writer.count) else { return self.abort(exchange, .clientClosed) }
        self.answerIsWritten(exchange)
    }
}
