import HTTPWire
import Reactor

extension Worker {
    /// Passes body bytes of an answer to the client; a body that needs no new framing is sent from where it was read.
    func relayBody(_ client: ClientRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) {
        var sent: Bool
        if case .length = client.pointee.exchange.response.framing {
            sent = self.send(client, base, count: self.takeFromLength(client, count))
        } else if case .untilClose = client.pointee.exchange.response.framing,
            !client.pointee.exchange.response.sendsChunks
        {
            sent = self.send(client, base, count: count)
        } else {
            let bytes = UnsafeBufferPointer(start: base, count: count).span
            var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
            guard self.appendBody(client, bytes, from: 0, to: &writer), !writer.isOverrun else {
                return self.abort(client, .upstreamInvalid)
            }
            sent = self.send(client, writer.base, count: writer.count)
        }
        guard sent else { return self.abort(client, .clientClosed) }
        self.afterBody(client)
    }

    /// Appends body bytes in the client's framing. `false`: the upstream's framing is broken.
    func appendBody(_ client: ClientRef, _ bytes: Span<UInt8>, from start: Int, to writer: inout ByteWriter) -> Bool {
        switch client.pointee.exchange.response.framing {
        case .none:
            if start < bytes.count { client.pointee.exchange.response.keepsUpstream = false }
        case .length:
            let count = self.takeFromLength(client, bytes.count - start)
            writer.append(bytes.extracting(start..<(start + count)))
        case .untilClose:
            self.appendData(client, bytes.extracting(start..<bytes.count), to: &writer)
        case .chunked:
            return self.appendChunks(client, bytes, from: start, to: &writer)
        }
        return true
    }

    /// How many of `count` bytes belong to a body with a length.
    private func takeFromLength(_ client: ClientRef, _ count: Int) -> Int {
        let remaining = client.pointee.exchange.response.remaining
        let taken = remaining < UInt64(count) ? Int(remaining) : count
        client.pointee.exchange.response.remaining = remaining - UInt64(taken)
        if remaining == UInt64(taken) { client.pointee.exchange.response.isComplete = true }
        if taken < count { client.pointee.exchange.response.keepsUpstream = false }
        return taken
    }

    private func appendChunks(
        _ client: ClientRef, _ bytes: Span<UInt8>, from start: Int, to writer: inout ByteWriter
    ) -> Bool {
        var offset = start
        while true {
            switch client.pointee.exchange.response.chunks.next(bytes, from: offset) {
            case .data(let range):
                self.appendData(client, bytes.extracting(range), to: &writer)
                offset = range.upperBound
            case .needMore:
                return true
            case .end(let end):
                if client.pointee.exchange.response.sendsChunks { writer.append("0\r\n\r\n") }
                client.pointee.exchange.response.isComplete = true
                if end < bytes.count { client.pointee.exchange.response.keepsUpstream = false }
                return true
            case .invalid:
                return false
            }
        }
    }

    private func appendData(_ client: ClientRef, _ data: Span<UInt8>, to writer: inout ByteWriter) {
        guard !data.isEmpty else { return }
        guard client.pointee.exchange.response.sendsChunks else { return writer.append(data) }
        writer.append(hex: UInt64(data.count))
        writer.append("\r\n")
        writer.append(data)
        writer.append("\r\n")
    }

    /// The upstream closed, and that is how its body ends.
    func answerEndedWithStream(_ client: ClientRef) {
        client.pointee.exchange.response.isComplete = true
        if client.pointee.exchange.response.sendsChunks {
            var writer = ByteWriter(self.scratchOut, capacity: 8)
            writer.append("0\r\n\r\n")
            guard self.send(client, writer.base, count: writer.count) else { return self.abort(client, .clientClosed) }
        }
        self.afterBody(client)
    }

    /// Body bytes have been sent or kept: the answer is complete, or goes on.
    func afterBody(_ client: ClientRef) {
        guard client.pointee.exchange.response.isComplete else { return self.noteProgress(client) }
        let reusable = client.pointee.exchange.response.keepsUpstream && client.pointee.exchange.request.isComplete
        self.releaseUpstream(client, reusable: reusable)
        if client.pointee.output == nil { self.concludeExchange(client) } else { self.noteProgress(client) }
    }
}
