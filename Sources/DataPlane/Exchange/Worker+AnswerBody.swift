import HTTPWire
import Reactor

extension Worker {
    /// Whether the client takes more of the answer: all that it was given has been handed on.
    func takesAnswer(_ exchange: ExchangeRef) -> Bool {
        exchange.isHTTP2 ? exchange.pointee.output == nil : exchange.pointee.client.pointee.output == nil
    }

    /// Gives bytes of an answer to the client's connection: as they go on the wire on HTTP/1.1, body alone on HTTP/2.
    ///
    /// - Returns: `false` when the connection is broken; the caller ends the exchange.
    func send(_ exchange: ExchangeRef, _ bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        exchange.pointee.bytesOut &+= UInt64(count)
        guard exchange.isHTTP2 else { return self.write(exchange.pointee.client, bytes, count: count) }
        self.sendBody(exchange, bytes, count: count)
        return true
    }

    /// Passes body bytes of an answer to the client; a body that needs no new framing is sent from where it was read.
    func relayBody(_ exchange: ExchangeRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) {
        if exchange.pointee.tunnel != nil { return self.relayTunnel(exchange, base, count: count) }
        var sent: Bool
        let isCoded = exchange.pointee.coding.compressor != nil
        if !isCoded, case .length = exchange.pointee.response.framing {
            sent = self.send(exchange, base, count: self.takeFromLength(exchange, count))
        } else if !isCoded, case .untilClose = exchange.pointee.response.framing,
            !exchange.pointee.response.sendsChunks
        {
            sent = self.send(exchange, base, count: count)
        } else {
            let bytes = UnsafeBufferPointer(start: base, count: count).span
            var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
            guard self.appendBody(exchange, bytes, from: 0, to: &writer), !writer.isOverrun else {
                return self.abort(exchange, .upstreamInvalid)
            }
            sent = self.send(exchange, writer.base, count: writer.count)
        }
        guard sent else { return self.abort(exchange, .clientClosed) }
        self.afterBody(exchange)
    }

    /// Appends body bytes in the client's framing. `false`: the upstream's framing is broken.
    func appendBody(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, from start: Int, to writer: inout ByteWriter) -> Bool
    {
        switch exchange.pointee.response.framing {
        case .none:
            if start < bytes.count { exchange.pointee.response.keepsUpstream = false }
        case .length:
            let count = self.takeFromLength(exchange, bytes.count - start)
            self.appendData(exchange, bytes.extracting(start..<(start + count)), to: &writer)
        case .untilClose:
            self.appendData(exchange, bytes.extracting(start..<bytes.count), to: &writer)
        case .chunked:
            guard self.appendChunks(exchange, bytes, from: start, to: &writer) else { return false }
        }
        guard let compressor = exchange.pointee.coding.compressor else { return true }
        return self.flushCoded(exchange, compressor, to: &writer)
    }

    /// How many of `count` bytes belong to a body with a length.
    private func takeFromLength(_ exchange: ExchangeRef, _ count: Int) -> Int {
        let remaining = exchange.pointee.response.remaining
        let taken = remaining < UInt64(count) ? Int(remaining) : count
        exchange.pointee.response.remaining = remaining - UInt64(taken)
        if remaining == UInt64(taken) { exchange.pointee.response.isComplete = true }
        if taken < count { exchange.pointee.response.keepsUpstream = false }
        return taken
    }

    private func appendChunks(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, from start: Int, to writer: inout ByteWriter
    ) -> Bool {
        var offset = start
        while true {
            switch exchange.pointee.response.chunks.next(bytes, from: offset) {
            case .data(let range):
                self.appendData(exchange, bytes.extracting(range), to: &writer)
                offset = range.upperBound
            case .needMore:
                return true
            case .end(let end):
                let endsHere = exchange.pointee.response.sendsChunks && exchange.pointee.coding.compressor == nil
                if endsHere { writer.append("0\r\n\r\n") }
                exchange.pointee.response.isComplete = true
                if end < bytes.count { exchange.pointee.response.keepsUpstream = false }
                return true
            case .invalid:
                return false
            }
        }
    }

    private func appendData(_ exchange: ExchangeRef, _ data: Span<UInt8>, to writer: inout ByteWriter) {
        guard !data.isEmpty else { return }
        if let compressor = exchange.pointee.coding.compressor {
            return self.appendCoded(exchange, compressor, data, to: &writer)
        }
        guard exchange.pointee.response.sendsChunks else { return writer.append(data) }
        writer.append(hex: UInt64(data.count))
        writer.append("\r\n")
        writer.append(data)
        writer.append("\r\n")
    }

    /// The upstream closed, and that is how its body ends.
    func answerEndedWithStream(_ exchange: ExchangeRef) {
        exchange.pointee.response.isComplete = true
        if exchange.pointee.coding.compressor != nil || exchange.pointee.response.sendsChunks {
            var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
            if let compressor = exchange.pointee.coding.compressor {
                guard self.flushCoded(exchange, compressor, to: &writer) else {
                    return self.abort(exchange, .upstreamInvalid)
                }
            } else {
                writer.append("0\r\n\r\n")
            }
            guard self.send(exchange, writer.base, count: writer.count) else {
                return self.abort(exchange, .clientClosed)
            }
        }
        self.afterBody(exchange)
    }

    /// Body bytes have been sent or kept: the answer is complete, or goes on.
    func afterBody(_ exchange: ExchangeRef) {
        guard exchange.pointee.response.isComplete else { return self.noteProgress(exchange) }
        let reusable = exchange.pointee.response.keepsUpstream && exchange.pointee.request.isComplete
        self.releaseUpstream(exchange, reusable: reusable)
        self.answerIsWritten(exchange)
    }
}
