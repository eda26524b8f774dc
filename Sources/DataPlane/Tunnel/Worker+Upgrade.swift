import HTTPWire
import Reactor

/// From a request that asks for a WebSocket to the tunnel.
extension Worker {
    /// Asks the upstream anew: the client's own hop-by-hop fields ended here.
    func writeUpgrade(_ exchange: ExchangeRef, into writer: inout ByteWriter) {
        guard exchange.pointee.request.upgrade != .none else { return }
        writer.append("Connection: Upgrade\r\nUpgrade: websocket\r\n")
    }

    /// Whether the head in `responseHead` decides over an upgrade that the client asked for. Any other answer is an
    /// ordinary one.
    func decidesUpgrade(_ exchange: ExchangeRef) -> Bool {
        switch exchange.pointee.request.upgrade {
        case .none: false
        case .webSocket: self.responseHead.status == 101
        case .extendedConnect: self.responseHead.status == 101 || 200...299 ~= self.responseHead.status
        }
    }

    /// The upstream consents, or says something that cannot be meant.
    func answerUpgrade(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int, headEnd: Int
    ) {
        guard self.responseHead.status == 101, self.responseHead.namesWebSocket else {
            return self.upstreamFailed(upstream, .upstreamInvalid)
        }
        exchange.pointee.answeredAt = self.nowNanoseconds
        exchange.pointee.response.status = 101
        guard self.writeConsent(exchange, base, count: count) else { return self.abort(exchange, .clientClosed) }
        self.openTunnel(exchange, upstream, .webSocket)
        self.relayTunnel(exchange, base + headEnd, count: count - headEnd)
        if !exchange.pointee.isOver, self.drain.closesConnections { self.leaveTunnel(exchange) }
    }

    private func writeConsent(_ exchange: ExchangeRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        writer.append("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
        writer.append(self.responseHead.fields, of: bytes)
        writer.append("X-Request-Id: ")
        writer.append(exchange.pointee.id)
        writer.append("\r\n\r\n")
        return self.send(exchange, writer.base, count: writer.count)
    }
}
