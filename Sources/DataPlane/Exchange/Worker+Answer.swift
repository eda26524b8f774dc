import HTTPWire
import Reactor
import Routing

extension Worker {
    /// Limits of an upstream's head; larger ones are not HTTP that anybody meant.
    private static let answerLimits = HeadLimits(bytes: 64 * 1024, targetBytes: 0, fields: 1000)
    private static let interimLimit = 16

    /// Takes bytes of an answer: heads first, then the body.
    func receiveAnswer(_ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) {
        guard let exchange = upstream.pointee.exchange else { return self.closeUpstream(upstream) }
        guard upstream.pointee.state == .awaitingHead, exchange.pointee.tunnel == nil else {
            return self.relayBody(exchange, base, count: count)
        }
        var offset = 0
        while offset < count {
            let bytes = UnsafeBufferPointer(start: base + offset, count: count - offset).span
            switch self.responseHead.parse(bytes, limits: Self.answerLimits) {
            case .complete(let end) where self.decidesUpgrade(exchange):
                return self.answerUpgrade(exchange, upstream, base + offset, count: count - offset, headEnd: end)
            case .complete(let end) where self.responseHead.status < 200:
                guard self.relayInterim(exchange, base + offset, bytes) else { return }
                offset += end
            case .complete(let end):
                return self.relayHead(exchange, upstream, base + offset, count: count - offset, headEnd: end)
            case .incomplete:
                return self.append(base + offset, count: count - offset, to: &upstream.pointee.input)
            case .refused:
                return self.upstreamFailed(upstream, .upstreamInvalid)
            }
        }
    }

    /// Passes a 1xx answer on (RFC 9110 section 15.2), to clients that know them. `false`: the exchange has ended.
    private func relayInterim(
        _ exchange: ExchangeRef, _ base: UnsafePointer<UInt8>, _ bytes: Span<UInt8>
    ) -> Bool {
        exchange.pointee.response.interimCount += 1
        guard self.responseHead.status != 101, exchange.pointee.response.interimCount <= Self.interimLimit else {
            self.fail(exchange, .upstreamInvalid)
            return false
        }
        guard exchange.pointee.request.version == .http11 else { return true }
        if self.responseHead.status == 100, !exchange.pointee.request.expectsContinue { return true }
        if exchange.isHTTP2 {
            self.submitInterim(exchange, base)
            return true
        }
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        self.writeStatusLine(bytes, into: &writer)
        writer.append(self.responseHead.fields, of: bytes)
        writer.append("\r\n")
        guard self.send(exchange, writer.base, count: writer.count) else {
            self.abort(exchange, .clientClosed)
            return false
        }
        return true
    }

    /// Writes the final head for the client, with what has come of the body behind it: one write for both.
    private func relayHead(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int, headEnd: Int
    ) {
        let (pool, endpoint) = (upstream.pointee.pool, upstream.pointee.endpoint)
        exchange.pointee.answeredAt = self.nowNanoseconds
        self.noteAnswer(pool, endpoint, status: self.responseHead.status)
        if exchange.pointee.tries.keepsRequest {
            if self.retries(exchange, upstream, status: self.responseHead.status) { return }
            exchange.pointee.tries.keepsRequest = false
            if upstream.pointee.output?.isEmpty == true { self.giveBack(&upstream.pointee.output) }
        }
        upstream.pointee.state = .answering
        self.openAnswer(exchange)
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        if exchange.pointee.question != nil { self.noteServiceAnswer(exchange, bytes, headEnd: headEnd) }
        if exchange.pointee.coding.plan != nil, exchange.mayBeCoded { self.decideCoding(exchange, bytes) }
        self.withholdAnswerFields(exchange, bytes)
        self.followRules(exchange, bytes)
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        if !exchange.isHTTP2 { self.writeAnswerHead(exchange, bytes, into: &writer) }
        guard self.appendBody(exchange, bytes, from: headEnd, to: &writer), !writer.isOverrun else {
            exchange.pointee.response.hasHead = false
            exchange.pointee.response.isRuled = false
            exchange.pointee.coding.decision = .untouched
            return self.upstreamFailed(upstream, .upstreamInvalid)
        }
        if exchange.isHTTP2 { self.submitHead(exchange, base, count: headEnd) }
        guard self.send(exchange, writer.base, count: writer.count) else { return self.abort(exchange, .clientClosed) }
        self.afterBody(exchange)
    }

    private func openAnswer(_ exchange: ExchangeRef) {
        let framing = self.responseHead.framing(for: exchange.pointee.request.method)
        let speaksChunks = exchange.pointee.request.version == .http11
        exchange.pointee.answeredAt = self.nowNanoseconds
        exchange.pointee.response.hasHead = true
        if let firewall = exchange.traffic?.firewall { self.giveBackBody(firewall) }
        exchange.pointee.response.status = self.responseHead.status
        exchange.pointee.response.framing = framing
        exchange.pointee.response.keepsUpstream =
            self.responseHead.persists && framing != .untilClose && exchange.pointee.request.upgrade == .none
        switch framing {
        case .none: exchange.pointee.response.isComplete = true
        case .length(let length):
            exchange.pointee.response.remaining = length
            exchange.pointee.response.isComplete = length == 0
        case .chunked, .untilClose:
            guard !exchange.isHTTP2 else { break }
            exchange.pointee.response.sendsChunks = speaksChunks
            if !speaksChunks { exchange.pointee.client.pointee.closesAfter = true }
        }
        // A stream of events has no end to wait for: from its head on only silence counts.
        if self.responseHead.isEventStream { self.liftDeadlines(exchange) }
        if exchange.pointee.call.isGRPC {
            self.liftDeadlines(exchange)
            exchange.pointee.deadline = exchange.pointee.call.deadline
        }
    }

    private func writeStatusLine(_ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        writer.append("HTTP/1.1 ")
        writer.append(decimal: UInt64(self.responseHead.status))
        writer.append(0x20)
        writer.append(bytes.extracting(self.responseHead.reason.range))
        writer.append("\r\n")
    }

    private func writeAnswerHead(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        self.writeStatusLine(bytes, into: &writer)
        writer.append(self.responseHead.fields, of: bytes)
        writer.appendCompression(exchange.pointee.coding.decision, head: self.responseHead, of: bytes)
        let rules = exchange.answerRules
        let withheld = exchange.ownFields(rules)
        if !withheld.contains(.requestID) {
            writer.append("X-Request-Id: ")
            writer.append(exchange.pointee.id)
            writer.append("\r\n")
        }
        if !self.responseHead.hasDate, !withheld.contains(.date) {
            self.refreshDate()
            writer.append("Date: ")
            writer.append(self.date)
            writer.append("\r\n")
        }
        self.writeAnswerFields(exchange, bytes, into: &writer)
        if let rules { writer.append(rules, withoutCORS: exchange.pointee.cors.replaces) }
        self.writeAffinity(exchange, into: &writer)
        if let limits = exchange.pointee.limitLines { writer.append(limits.first, count: limits.count) }
        if let cors = exchange.corsLines { writer.append(cors) }
        writer.append(self.answerFraming(exchange))
        if self.closes(exchange.pointee.client) {
            exchange.pointee.client.pointee.closesAfter = true
            writer.append("Connection: close\r\n")
        }
        writer.append("\r\n")
    }

    /// The framing field for the client. Answers to HEAD and 304 tell the length of a body that does not come.
    func answerFraming(_ exchange: ExchangeRef) -> BodyFraming {
        // How long a compressed body will be nobody knows before its end.
        if exchange.pointee.coding.decision.changesBody {
            return exchange.pointee.response.sendsChunks ? .chunked : .none
        }
        switch exchange.pointee.response.framing {
        case .none:
            guard self.responseHead.status != 204, let length = self.responseHead.declaredLength else { return .none }
            return .length(length)
        case .length(let length): return .length(length)
        case .chunked, .untilClose: return exchange.pointee.response.sendsChunks ? .chunked : .untilClose
        }
    }
}
