import CNghttp2
import HTTPWire
import Reactor

/// Answers on streams from upstreams.
extension Worker {
    /// The cell of a stream; `nil` when nobody waits for its answer any more.
    private func stream(_ carrier: UpstreamRef, _ number: Int32) -> UpstreamRef? {
        guard let session = carrier.pointee.carrying.session else { return nil }
        return nghttp2_session_get_stream_user_data(session.pointee.handle, number)?
            .assumingMemoryBound(to: UpstreamConnection.self)
    }

    // MARK: Heads

    func answerBlockBegins(_ carrier: UpstreamRef, _ number: Int32) {
        guard let session = carrier.pointee.carrying.session else { return }
        var text = session.pointee.block.end()
        self.giveBack(&text)
        guard let stream = self.stream(carrier, number) else { return }
        session.pointee.block.begin(
            stream.pointee.state == .awaitingHead ? .head : .trailers,
            isCall: stream.pointee.exchange?.pointee.call.isGRPC ?? false)
    }

    func answerFieldCame(
        _ carrier: UpstreamRef, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
    ) {
        guard let session = carrier.pointee.carrying.session, session.pointee.block.kind != .none else { return }
        self.take(name, value, into: &session.pointee.block)
    }

    func frameCame(fromUpstream carrier: UpstreamRef, _ frame: UnsafePointer<nghttp2_frame>) {
        let header = frame.pointee.hd
        let endsStream = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch nghttp2_frame_type(UInt32(header.type)) {
        case NGHTTP2_HEADERS:
            if let stream = self.stream(carrier, header.stream_id) {
                self.answerBlockEnds(carrier, stream, endsStream: endsStream)
            }
        case NGHTTP2_DATA:
            if endsStream, let stream = self.stream(carrier, header.stream_id) { self.answerEnds(stream) }
        case NGHTTP2_RST_STREAM: self.stream(carrier, header.stream_id)?.pointee.carrying.isReset = true
        case NGHTTP2_SETTINGS where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0: self.settingsCame(carrier)
        case NGHTTP2_GOAWAY: carrier.pointee.carrying.isLeaving = true
        default: break
        }
    }

    private func settingsCame(_ carrier: UpstreamRef) {
        guard let session = carrier.pointee.carrying.session else { return }
        let allowed = nghttp2_session_get_remote_settings(
            session.pointee.handle, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
        carrier.pointee.carrying.streamLimit = max(1, min(Int(clamping: allowed), Carrying.streamLimit))
        if carrier.pointee.state == .handshaking { self.carrierIsOpen(carrier) }
    }

    private func answerBlockEnds(_ carrier: UpstreamRef, _ stream: UpstreamRef, endsStream: Bool) {
        guard let session = carrier.pointee.carrying.session, let exchange = stream.pointee.exchange else { return }
        let (kind, isTooLarge) = (session.pointee.block.kind, session.pointee.block.isTooLarge)
        if kind == .head {
            let method = exchange.pointee.request.method
            self.complete(&session.pointee.block, endsStream: endsStream, method: method)
        }
        var text = session.pointee.block.end()
        defer { self.giveBack(&text) }
        guard !isTooLarge else { return self.upstreamFailed(stream, .upstreamInvalid) }
        if endsStream { stream.pointee.carrying.hasEnded = true }
        if kind == .head, let head = text {
            carrier.pointee.hasAnswered = true
            self.noteAnswer(stream)
            self.receiveAnswer(stream, head.first, count: head.count)
        }
        if kind == .trailers, exchange.pointee.call.isGRPC, exchange.pointee.call.trailers == nil {
            swap(&exchange.pointee.call.trailers, &text)
        }
        if endsStream { self.answerEnds(stream) }
    }

    // MARK: Bodies

    /// Bytes of an answer came. They go to the client at once where that takes them, else they wait, and the stream's window
    /// with them.
    func answerBytesCame(_ carrier: UpstreamRef, _ number: Int32, _ bytes: UnsafePointer<UInt8>, count: Int) {
        guard let session = carrier.pointee.carrying.session else { return }
        nghttp2_session_consume_connection(session.pointee.handle, count)
        guard let stream = self.stream(carrier, number), let exchange = stream.pointee.exchange else { return }
        guard stream.pointee.input == nil, self.takesAnswer(exchange) else {
            stream.pointee.isReadable = true
            return self.append(bytes, count: count, to: &stream.pointee.input)
        }
        self.receiveAnswer(stream, UnsafeMutablePointer(mutating: bytes), count: count)
        self.consume(stream, count)
    }

    /// Gives the client what waits for it, when it takes it.
    func deliver(_ stream: UpstreamRef) {
        guard stream.pointee.state == .answering, let exchange = stream.pointee.exchange, self.takesAnswer(exchange),
            let input = stream.pointee.input
        else { return }
        stream.pointee.input = nil
        stream.pointee.isReadable = false
        self.receiveAnswer(stream, input.first, count: input.count)
        self.consume(stream, input.count)
        self.buffers.giveBack(input)
        if stream.pointee.carrying.hasEnded { self.answerEnds(stream) }
    }

    /// Bytes have been given on: the upstream may send as many more.
    private func consume(_ stream: UpstreamRef, _ count: Int) {
        guard stream.pointee.state != .closed, let carrier = stream.pointee.carrying.carrier,
            let session = carrier.pointee.carrying.session, stream.pointee.carrying.number > 0
        else { return }
        nghttp2_session_consume_stream(session.pointee.handle, stream.pointee.carrying.number, count)
        self.markPending(carrier: carrier)
    }

    /// The upstream has ended the stream; the answer ends when all of it has been given on.
    private func answerEnds(_ stream: UpstreamRef) {
        stream.pointee.carrying.hasEnded = true
        guard stream.pointee.state == .answering, stream.pointee.input == nil, let exchange = stream.pointee.exchange,
            !exchange.pointee.response.isComplete
        else { return }
        guard case .untilClose = exchange.pointee.response.framing else {
            return self.upstreamFailed(stream, .upstreamInvalid)
        }
        self.answerEndedWithStream(exchange)
    }

    // MARK: Ends

    /// The library has closed a stream: after its end, or because one side has broken it off.
    func streamClosed(byUpstream carrier: UpstreamRef, _ number: Int32, _ code: UInt32) {
        guard let session = carrier.pointee.carrying.session, let stream = self.stream(carrier, number) else { return }
        nghttp2_session_set_stream_user_data(session.pointee.handle, number, nil)
        stream.pointee.carrying.number = 0
        guard !stream.pointee.carrying.hasEnded else {
            // The answer is whole, and the rest of the request is not wanted (RFC 9113 section 8.1).
            stream.pointee.exchange?.pointee.request.isAbandoned = true
            return
        }
        stream.pointee.carrying.wasRefused = code == NGHTTP2_REFUSED_STREAM.rawValue
        let isReset = stream.pointee.carrying.isReset || stream.pointee.carrying.wasRefused
        self.upstreamFailed(stream, isReset ? .upstreamReset : .upstreamInvalid)
    }
}
