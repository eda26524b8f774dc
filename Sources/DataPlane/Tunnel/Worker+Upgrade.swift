import GatewayModel
import GatewaySnapshot
import HTTPWire
import Reactor

/// From a request that asks for a WebSocket to the tunnel.
extension Worker {
    /// Asks the upstream anew: the client's own hop-by-hop fields ended here.
    func writeUpgrade(_ exchange: ExchangeRef, into writer: inout ByteWriter) {
        guard exchange.pointee.request.upgrade != .none else { return }
        writer.append("Connection: Upgrade\r\nUpgrade: websocket\r\n")
        guard exchange.pointee.request.upgrade == .extendedConnect else { return }
        writer.append("Sec-WebSocket-Key: ")
        writer.append(WebSocketKey(exchange.pointee.id).text.span)
        writer.append("\r\n")
    }

    /// Whether an upstream speaks what the exchange needs: only what goes over a connection of its own can become a tunnel.
    @inline(__always)
    func suits(_ exchange: ExchangeRef, upstream slot: Int) -> Bool {
        guard exchange.pointee.request.upgrade != .none || exchange.pointee.tunnel != nil else { return true }
        return self.passesBytes(exchange, upstream: slot)
    }

    @inline(never)
    private func passesBytes(_ exchange: ExchangeRef, upstream slot: Int) -> Bool {
        guard self.gateway.upstreams.indices.contains(slot), let entry = self.gateway.upstreams[slot],
            entry.upstream.proto != .http1
        else { return true }
        self.noteDetail(exchange, "tunnels need an upstream with the protocol http1")
        return false
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
        guard exchange.pointee.request.upgrade == .webSocket || self.takeAccept(exchange, base, count: count) else {
            return self.upstreamFailed(upstream, .upstreamInvalid)
        }
        exchange.pointee.answeredAt = self.nowNanoseconds
        self.noteAnswer(upstream.pointee.pool, upstream.pointee.endpoint, status: 101)
        self.followRules(exchange, UnsafeBufferPointer(start: base, count: count).span)
        self.openTunnel(exchange, upstream, .webSocket)
        exchange.pointee.response.status = exchange.isHTTP2 ? 200 : 101
        if exchange.isHTTP2 {
            self.submitHead(exchange, base, count: headEnd, status: 200)
        } else if !self.writeConsent(exchange, base, count: headEnd) {
            return self.abort(exchange, .clientClosed)
        }
        self.relayTunnel(exchange, base + headEnd, count: count - headEnd)
        if !exchange.pointee.isOver, self.drain.closesConnections { self.leaveTunnel(exchange) }
    }

    /// Whether the upstream has read the gateway's key and is a WebSocket server (RFC 6455 section 4.1); the client of
    /// HTTP/2 has no use for the proof.
    private func takeAccept(_ exchange: ExchangeRef, _ base: UnsafePointer<UInt8>, count: Int) -> Bool {
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        guard let accept = self.responseHead.takeWebSocketAccept(of: bytes) else { return false }
        let expected = WebSocketKey(exchange.pointee.id).accept
        let value = bytes.extracting(accept.range)
        guard value.count == expected.count else { return false }
        for index in value.indices where value[index] != expected[index] { return false }
        return true
    }

    private func writeConsent(_ exchange: ExchangeRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        writer.append("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
        writer.append(self.responseHead.fields, of: bytes)
        let rules = exchange.answerRules
        if rules?.own.contains(.requestID) != true {
            writer.append("X-Request-Id: ")
            writer.append(exchange.pointee.id)
            writer.append("\r\n")
        }
        if let rules { writer.append(rules) }
        self.writeAffinity(exchange, into: &writer)
        if let limits = exchange.pointee.limitLines { writer.append(limits.first, count: limits.count) }
        if let cors = exchange.corsLines { writer.append(cors) }
        writer.append("\r\n")
        return self.send(exchange, writer.base, count: writer.count)
    }
}
