import HTTPWire
import Reactor
import Routing

extension Worker {
    /// Limits of an upstream's head; larger ones are not HTTP that anybody meant.
    private static let answerLimits = HeadLimits(bytes: 64 * 1024, targetBytes: 0, fields: 1000)
    private static let interimLimit = 16

    /// Takes bytes of an answer: heads first, then the body.
    func receiveAnswer(_ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) {
        guard let client = upstream.pointee.client else { return self.closeUpstream(upstream) }
        guard upstream.pointee.state == .awaitingHead else { return self.relayBody(client, base, count: count) }
        var offset = 0
        while offset < count {
            let bytes = UnsafeBufferPointer(start: base + offset, count: count - offset).span
            switch self.responseHead.parse(bytes, limits: Self.answerLimits) {
            case .complete(let end) where self.responseHead.status < 200:
                guard self.relayInterim(client, bytes) else { return }
                offset += end
            case .complete(let end):
                return self.relayHead(client, upstream, base + offset, count: count - offset, headEnd: end)
            case .incomplete:
                return self.append(base + offset, count: count - offset, to: &upstream.pointee.input)
            case .refused:
                return self.upstreamFailed(upstream, .upstreamInvalid)
            }
        }
    }

    /// Passes a 1xx answer on (RFC 9110 section 15.2), to clients that know them. `false`: the exchange has ended.
    private func relayInterim(_ client: ClientRef, _ bytes: Span<UInt8>) -> Bool {
        client.pointee.exchange.response.interimCount += 1
        guard self.responseHead.status != 101, client.pointee.exchange.response.interimCount <= Self.interimLimit else {
            self.fail(client, .upstreamInvalid)
            return false
        }
        guard client.pointee.exchange.request.version == .http11 else { return true }
        if self.responseHead.status == 100, !client.pointee.exchange.request.expectsContinue { return true }
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        self.writeStatusLine(bytes, into: &writer)
        writer.append(self.responseHead.fields, of: bytes)
        writer.append("\r\n")
        guard self.send(client, writer.base, count: writer.count) else {
            self.abort(client, .clientClosed)
            return false
        }
        return true
    }

    /// Writes the final head for the client, with what has come of the body behind it: one write for both.
    private func relayHead(
        _ client: ClientRef, _ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int, headEnd: Int
    ) {
        upstream.pointee.state = .answering
        self.openAnswer(client)
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        self.writeAnswerHead(client, bytes, into: &writer)
        guard self.appendBody(client, bytes, from: headEnd, to: &writer), !writer.isOverrun else {
            client.pointee.exchange.response.hasHead = false
            return self.upstreamFailed(upstream, .upstreamInvalid)
        }
        guard self.send(client, writer.base, count: writer.count) else { return self.abort(client, .clientClosed) }
        self.afterBody(client)
    }

    private func openAnswer(_ client: ClientRef) {
        let framing = self.responseHead.framing(for: client.pointee.exchange.request.method)
        let speaksChunks = client.pointee.exchange.request.version == .http11
        client.pointee.exchange.answeredAt = self.nowNanoseconds
        client.pointee.exchange.response.hasHead = true
        client.pointee.exchange.response.status = self.responseHead.status
        client.pointee.exchange.response.framing = framing
        client.pointee.exchange.response.keepsUpstream = self.responseHead.persists && framing != .untilClose
        switch framing {
        case .none: client.pointee.exchange.response.isComplete = true
        case .length(let length):
            client.pointee.exchange.response.remaining = length
            client.pointee.exchange.response.isComplete = length == 0
        case .chunked, .untilClose:
            client.pointee.exchange.response.sendsChunks = speaksChunks
            if !speaksChunks { client.pointee.closesAfter = true }
        }
        // A stream of events has no end to wait for: from its head on only silence counts.
        if self.responseHead.isEventStream { client.pointee.exchange.deadline = .max }
    }

    private func writeStatusLine(_ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        writer.append("HTTP/1.1 ")
        writer.append(decimal: UInt64(self.responseHead.status))
        writer.append(0x20)
        writer.append(bytes.extracting(self.responseHead.reason.range))
        writer.append("\r\n")
    }

    private func writeAnswerHead(_ client: ClientRef, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        self.writeStatusLine(bytes, into: &writer)
        writer.append(self.responseHead.fields, of: bytes)
        writer.append("X-Request-Id: ")
        writer.append(client.pointee.exchange.id)
        writer.append("\r\n")
        if !self.responseHead.hasDate {
            self.refreshDate()
            writer.append("Date: ")
            writer.append(self.date)
            writer.append("\r\n")
        }
        writer.append(self.answerFraming(client))
        if self.closes(client) {
            client.pointee.closesAfter = true
            writer.append("Connection: close\r\n")
        }
        writer.append("\r\n")
    }

    /// The framing field for the client. Answers to HEAD and 304 tell the length of a body that does not come.
    private func answerFraming(_ client: ClientRef) -> BodyFraming {
        switch client.pointee.exchange.response.framing {
        case .none:
            guard self.responseHead.status != 204, let length = self.responseHead.declaredLength else { return .none }
            return .length(length)
        case .length(let length): return .length(length)
        case .chunked, .untilClose: return client.pointee.exchange.response.sendsChunks ? .chunked : .untilClose
        }
    }
}
