import CNghttp2
import HTTPWire
import Reactor

/// Answers on HTTP/2 streams.
extension Worker {
    // MARK: Heads

    /// The final head of the answer that `responseHead` was parsed from; `status` where it is to be another one.
    func submitHead(_ exchange: ExchangeRef, _ bytes: UnsafePointer<UInt8>, count: Int, status: UInt16? = nil) {
        var writer = ByteWriter(self.scratchHead, capacity: 2 * Self.readSize)
        self.nameValues.removeAll()
        self.appendStatus(status ?? self.responseHead.status, &writer)
        self.nameValues.append(self.responseHead.fields, of: bytes)
        if exchange.pointee.coding.decision != .untouched {
            let start = writer.count
            writer.appendCompression(
                exchange.pointee.coding.decision, head: self.responseHead,
                of: UnsafeBufferPointer(start: bytes, count: count).span)
            self.nameValues.appendLines(writer.base + start, count: writer.count - start)
        }
        let rules = exchange.answerRules
        self.appendOwnFields(exchange, exchange.ownFields(rules), &writer)
        self.appendAnswerFields(exchange, UnsafeBufferPointer(start: bytes, count: count).span)
        if let lines = rules?.lines, let base = lines.baseAddress {
            self.nameValues.appendLines(base, count: lines.count, withoutCORS: exchange.pointee.cors.replaces)
        }
        let start = writer.count
        if exchange.pointee.reason == nil { self.writeAffinity(exchange, into: &writer) }
        if writer.count > start { self.nameValues.appendLines(writer.base + start, count: writer.count - start) }
        if let limits = exchange.pointee.limitLines { self.nameValues.appendLines(limits.first, count: limits.count) }
        if let cors = exchange.corsLines { self.append(cors, &writer) }
        self.submit(exchange)
    }

    /// The lines of a CORS policy, behind all others.
    private func append(_ cors: CORSLines, _ writer: inout ByteWriter) {
        if cors.exposesAll {
            let start = writer.count
            self.nameValues.writeNames(into: &writer)
            if !writer.isOverrun {
                self.nameValues.append("access-control-expose-headers", writer.base + start, writer.count - start)
            }
        }
        if let base = cors.bytes.baseAddress { self.nameValues.appendLines(base, count: cors.bytes.count) }
    }

    private func appendStatus(_ status: UInt16, _ writer: inout ByteWriter) {
        let start = writer.count
        writer.append(decimal: UInt64(status))
        self.nameValues.append(":status", writer.base + start, writer.count - start)
    }

    private func appendOwnFields(_ exchange: ExchangeRef, _ withheld: OwnFields, _ writer: inout ByteWriter) {
        var start = writer.count
        if !withheld.contains(.requestID) {
            writer.append(exchange.pointee.id)
            self.nameValues.append("x-request-id", writer.base + start, writer.count - start)
        }
        if !self.responseHead.hasDate, !withheld.contains(.date) {
            self.refreshDate()
            start = writer.count
            writer.append(self.date)
            self.nameValues.append("date", writer.base + start, writer.count - start)
        }
        guard !exchange.pointee.call.isGRPC, case .length(let length) = self.answerFraming(exchange) else { return }
        start = writer.count
        writer.append(decimal: length)
        self.nameValues.append("content-length", writer.base + start, writer.count - start)
    }

    /// Gives the library the head, and tells it where to ask for a body unless there is none.
    private func submit(_ exchange: ExchangeRef) {
        guard let session = exchange.pointee.client.pointee.session else { return }
        var provider = nghttp2_data_provider()
        provider.read_callback = { _, stream, base, count, flags, _, user in
            guard let client = user?.assumingMemoryBound(to: Client.self), let base, let flags else {
                return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
            }
            return client.pointee.worker._withUnsafeGuaranteedRef {
                $0.supplyBody(client, stream, base, capacity: count, flags)
            }
        }
        let result =
            exchange.pointee.response.framing.hasBody
            ? nghttp2_submit_response(
                session.pointee.handle, exchange.pointee.stream, self.nameValues.base, self.nameValues.count, &provider)
            : nghttp2_submit_response(
                session.pointee.handle, exchange.pointee.stream, self.nameValues.base, self.nameValues.count, nil)
        if result != 0 || !self.nameValues.isComplete { self.resetStream(exchange, .upstreamInvalid) }
        self.markPending(exchange.pointee.client)
    }

    /// A 1xx answer that `responseHead` was parsed from.
    func submitInterim(_ exchange: ExchangeRef, _ bytes: UnsafePointer<UInt8>) {
        guard let session = exchange.pointee.client.pointee.session else { return }
        var writer = ByteWriter(self.scratchHead, capacity: 256)
        self.nameValues.removeAll()
        self.appendStatus(self.responseHead.status, &writer)
        self.nameValues.append(self.responseHead.fields, of: bytes)
        nghttp2_submit_headers(
            session.pointee.handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), exchange.pointee.stream, nil,
            self.nameValues.base, self.nameValues.count, nil)
        self.markPending(exchange.pointee.client)
    }

    /// Answers with a document of the gateway's own, which was written as HTTP/1.1 has it.
    func answerStream(_ exchange: ExchangeRef, _ document: ByteWriter) {
        let bytes = UnsafeBufferPointer(start: document.base, count: document.count).span
        let limits = HeadLimits(bytes: Self.readSize, targetBytes: 0, fields: 100)
        guard case .complete(let end) = self.responseHead.parse(bytes, limits: limits) else {
            return self.abort(exchange, .upstreamInvalid)
        }
        exchange.pointee.response.framing = self.responseHead.framing(for: exchange.pointee.request.method)
        self.submitHead(exchange, document.base, count: end)
        if document.count > end { _ = self.send(exchange, document.base + end, count: document.count - end) }
        self.answerIsWritten(exchange)
    }

    // MARK: Bodies

    /// Body bytes for the client: kept until the stream's window takes them.
    func sendBody(_ exchange: ExchangeRef, _ bytes: UnsafeMutablePointer<UInt8>, count: Int) {
        guard count > 0 else { return }
        self.append(bytes, count: count, to: &exchange.pointee.output)
        self.resume(exchange)
    }

    private func resume(_ exchange: ExchangeRef) {
        guard let session = exchange.pointee.client.pointee.session else { return }
        if exchange.pointee.isDeferred {
            exchange.pointee.isDeferred = false
            nghttp2_session_resume_data(session.pointee.handle, exchange.pointee.stream)
        }
        self.markPending(exchange.pointee.client)
    }

    /// The library asks for the next piece of a body.
    private func supplyBody(
        _ client: ClientRef, _ stream: Int32, _ base: UnsafeMutablePointer<UInt8>, capacity: Int,
        _ flags: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard client.pointee.state == .session, let session = client.pointee.session,
            let exchange = self.exchange(session, stream)
        else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
        var count = 0
        if let output = exchange.pointee.output {
            count = min(capacity, output.count)
            base.update(from: output.first, count: count)
            self.drop(count, from: &exchange.pointee.output)
        }
        if exchange.pointee.output == nil {
            if exchange.pointee.response.isComplete {
                flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
                if self.submitTrailers(exchange) { flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
            } else if count == 0 {
                exchange.pointee.isDeferred = true
                return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            } else {
                self.schedule(exchange)
            }
        }
        return count
    }

    /// The answer is complete: its last piece carries the end of the stream.
    func finishStream(_ exchange: ExchangeRef) {
        self.resume(exchange)
        self.noteProgress(exchange)
    }

    /// A frame has gone out. After the end of an answer whose request is still coming the client is told to stop
    /// (RFC 9113 section 8.1).
    func frameWent(_ client: ClientRef, _ frame: UnsafePointer<nghttp2_frame>) {
        guard let session = client.pointee.session else { return }
        let header = frame.pointee.hd
        let type = nghttp2_frame_type(UInt32(header.type))
        if type == NGHTTP2_RST_STREAM, !session.pointee.quiet.take(at: self.now, weight: QuietFrames.reset) {
            nghttp2_session_terminate_session(session.pointee.handle, NGHTTP2_ENHANCE_YOUR_CALM.rawValue)
        }
        guard type == NGHTTP2_DATA || type == NGHTTP2_HEADERS else { return }
        session.pointee.quiet.earn(QuietFrames.piece)
        guard let exchange = self.exchange(session, header.stream_id) else { return }
        self.noteProgress(exchange)
        guard header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0, !exchange.pointee.request.hasEnded,
            exchange.pointee.tunnel == nil, !exchange.pointee.endsSoon,
            exchange.pointee.request.framing != .none || exchange.pointee.request.upgrade != .none
        else { return }
        nghttp2_submit_rst_stream(
            session.pointee.handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), header.stream_id, NGHTTP2_NO_ERROR.rawValue)
    }

    // MARK: Ends

    /// Breaks the stream, so that the client cannot take what it has for complete.
    func resetStream(_ exchange: ExchangeRef, _ reason: Reason) {
        guard let session = exchange.pointee.client.pointee.session else { return }
        let code = reason == .clientClosed ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR
        nghttp2_session_set_stream_user_data(session.pointee.handle, exchange.pointee.stream, nil)
        nghttp2_submit_rst_stream(
            session.pointee.handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), exchange.pointee.stream, code.rawValue)
        self.markPending(exchange.pointee.client)
    }

    /// The stream has closed: after its last frame, or because one side broke it off.
    func streamClosed(_ client: ClientRef, _ stream: Int32, _ code: UInt32) {
        guard let session = client.pointee.session, let exchange = self.exchange(session, stream) else { return }
        nghttp2_session_set_stream_user_data(session.pointee.handle, stream, nil)
        if exchange.pointee.tunnel != nil { return self.tunnelStreamClosed(exchange) }
        if exchange.pointee.response.isComplete, exchange.pointee.output == nil {
            self.end(exchange)
        } else {
            self.endUnfinished(exchange, .clientClosed)
        }
    }

    /// Ends an exchange whose stream is gone, and the upstream's work for it.
    func endUnfinished(_ exchange: ExchangeRef, _ reason: Reason) {
        if exchange.pointee.tunnel != nil { self.breakTunnel(exchange) }
        self.releaseUpstream(exchange, reusable: false)
        exchange.pointee.reason = reason
        if !exchange.pointee.response.hasHead { exchange.pointee.response.status = reason.status }
        self.counters.count(reason)
        self.end(exchange)
    }
}

extension Exchange {
    /// A route has answered by itself, and what comes of the request is little: there are clients that take no answer to a
    /// request that they were told to break off.
    fileprivate var endsSoon: Bool {
        guard self.response.isRuled, self.slot < 0, case .length(let length) = self.request.framing else {
            return false
        }
        return length <= 64 * 1024
    }
}
