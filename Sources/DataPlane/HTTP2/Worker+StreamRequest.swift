import CNghttp2
import HTTPWire
import Reactor

/// What a client's session tells about requests.
extension Worker {
    func blockBegins(_ client: ClientRef, _ kind: HeaderBlock.Kind) {
        guard let session = client.pointee.session else { return }
        self.giveBackBlock(session)
        session.pointee.block.begin(kind)
    }

    func giveBackBlock(_ session: SessionRef) {
        var (text, cookies) = session.pointee.block.end()
        self.giveBack(&text)
        self.giveBack(&cookies)
    }

    func fieldCame(
        _ client: ClientRef, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
    ) {
        guard let session = client.pointee.session else { return }
        let limits = client.pointee.acceptor.pointee.settings.head
        guard !self.take(name, value, into: &session.pointee.block, limits: limits) else { return }
        self.calm(session)
    }

    /// The client asks for more than anybody means: no more streams, and the end.
    private func calm(_ session: SessionRef) {
        nghttp2_session_terminate_session(session.pointee.handle, NGHTTP2_ENHANCE_YOUR_CALM.rawValue)
    }

    func frameCame(_ client: ClientRef, _ frame: UnsafePointer<nghttp2_frame>) {
        guard let session = client.pointee.session, !self.bringsSomething(client, session, frame) else { return }
        let isReset = nghttp2_frame_type(UInt32(frame.pointee.hd.type)) == NGHTTP2_RST_STREAM
        if !session.pointee.quiet.take(at: self.now, weight: isReset ? QuietFrames.reset : 1) { self.calm(session) }
    }

    /// Handles a frame. `false`: it is one of those that a client can send without end.
    private func bringsSomething(
        _ client: ClientRef, _ session: SessionRef, _ frame: UnsafePointer<nghttp2_frame>
    ) -> Bool {
        let header = frame.pointee.hd
        let endsStream = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch nghttp2_frame_type(UInt32(header.type)) {
        case NGHTTP2_HEADERS:
            session.pointee.quiet.earn()
            self.blockEnds(client, session, header.stream_id, endsStream: endsStream)
            return true
        case NGHTTP2_DATA:
            if endsStream, let exchange = self.exchange(session, header.stream_id) { self.bodyEnded(exchange) }
            if header.length > 0 || endsStream {
                session.pointee.quiet.earn()
                return true
            }
        case NGHTTP2_PING where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0:
            if session.pointee.isLeaving {
                session.pointee.hasHeardOfLeaving = true
                self.markPending(client)
            }
        default: break
        }
        return false
    }

    private func blockEnds(_ client: ClientRef, _ session: SessionRef, _ stream: Int32, endsStream: Bool) {
        switch session.pointee.block.kind {
        case .request: self.streamBegins(client, session, stream, endsStream: endsStream)
        case .trailers:
            // Trailers of requests end here.
            if endsStream, let exchange = self.exchange(session, stream) { self.bodyEnded(exchange) }
        case .none: break
        }
        self.giveBackBlock(session)
    }

    /// A request is whole but for its body.
    private func streamBegins(_ client: ClientRef, _ session: SessionRef, _ stream: Int32, endsStream: Bool) {
        var writer = ByteWriter(self.scratchHead, capacity: 2 * Self.readSize)
        session.pointee.block.write(endsStream: endsStream, into: &writer)
        guard !session.pointee.block.isTooLarge, !writer.isOverrun else {
            let isTarget = session.pointee.block.hasLongTarget
            return self.refuseStream(client, session, stream, isTarget ? .targetTooLong : .headTooLarge)
        }
        guard !session.pointee.block.isAmbiguous else {
            return self.refuseStream(client, session, stream, .badRequest)
        }
        let isUpgrade = session.pointee.block.isUpgrade
        guard !isUpgrade || session.pointee.block.namesWebSocket else {
            return self.refuseStream(client, session, stream, .unknownUpgrade)
        }
        let bytes = UnsafeBufferPointer(start: writer.base, count: writer.count).span
        switch self.requestHead.parse(bytes, limits: client.pointee.acceptor.pointee.settings.head) {
        case .complete where isUpgrade && !self.requestHead.asksForWebSocket:
            self.refuseStream(client, session, stream, .badRequest)
        case .complete(let end):
            let exchange = self.openExchange(client, stream: stream)
            nghttp2_session_set_stream_user_data(session.pointee.handle, stream, exchange)
            if isUpgrade {
                exchange.pointee.request.upgrade = .extendedConnect
                exchange.pointee.request.hasEnded = endsStream
            }
            _ = self.begin(exchange, bytes, headEnd: end)
        case .incomplete: self.refuseStream(client, session, stream, .badRequest)
        case .refused(let fault): self.refuseStream(client, session, stream, Reason(fault))
        }
        if client.pointee.requests >= client.pointee.acceptor.pointee.settings.requestsPerConnection {
            self.leave(client)
        }
    }

    private func refuseStream(_ client: ClientRef, _ session: SessionRef, _ stream: Int32, _ reason: Reason) {
        let exchange = self.makeExchange(client, stream: stream)
        nghttp2_session_set_stream_user_data(session.pointee.handle, stream, exchange)
        self.startLogLine(exchange, head: nil)
        self.answer(exchange, reason)
    }

    func exchange(_ session: SessionRef, _ stream: Int32) -> ExchangeRef? {
        nghttp2_session_get_stream_user_data(session.pointee.handle, stream)?.assumingMemoryBound(to: Exchange.self)
    }

    // MARK: Body

    /// Body bytes came. They go upstream at once where that takes them, else they wait, and the stream's window with them.
    func bodyCame(_ client: ClientRef, _ stream: Int32, _ bytes: UnsafePointer<UInt8>, count: Int) {
        guard let session = client.pointee.session else { return }
        nghttp2_session_consume_connection(session.pointee.handle, count)
        guard let exchange = self.exchange(session, stream), !exchange.pointee.request.isAbandoned,
            exchange.pointee.upstream != nil || exchange.pointee.waiting.isHeld
        else { return }
        // What comes behind an extended CONNECT waits for the upstream's consent.
        if exchange.pointee.input == nil, !exchange.pointee.request.isComplete,
            let upstream = exchange.pointee.upstream, upstream.takesBody, !exchange.holdsBody
        {
            self.forwardData(exchange, upstream, bytes, count: count)
        } else {
            self.append(bytes, count: count, to: &exchange.pointee.input)
            // It may be the body that is waited for.
            if exchange.pointee.waiting.isSuspended { self.schedule(exchange) }
        }
    }

    /// The client has sent all of the body.
    private func bodyEnded(_ exchange: ExchangeRef) {
        exchange.pointee.request.hasEnded = true
        if exchange.pointee.waiting.isSuspended { self.schedule(exchange) }
        self.pumpStream(exchange)
    }

    /// Moves what waits of a stream's body to the upstream, when that takes it.
    func pumpStream(_ exchange: ExchangeRef) {
        guard !exchange.pointee.request.isComplete, !exchange.pointee.request.isAbandoned else { return }
        if exchange.holdsBody {
            guard let upstream = exchange.pointee.upstream, upstream.takesBody else { return }
            self.forwardHeldBody(exchange, upstream)
            guard !exchange.pointee.isOver else { return }
        }
        if let input = exchange.pointee.input {
            guard let upstream = exchange.pointee.upstream, upstream.takesBody else { return }
            exchange.pointee.input = nil
            self.forwardData(exchange, upstream, input.first, count: input.count)
            self.buffers.giveBack(input)
        }
        guard !exchange.pointee.isOver, exchange.pointee.request.hasEnded,
            let upstream = exchange.pointee.upstream, upstream.takesBody
        else { return }
        self.endData(exchange, upstream)
    }

    private func forwardData(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ bytes: UnsafePointer<UInt8>, count: Int
    ) {
        exchange.pointee.bytesIn &+= UInt64(count)
        if exchange.pointee.tunnel == nil {
            guard exchange.pointee.bytesIn <= exchange.settings.bodyBytes,
                exchange.pointee.bytesIn <= exchange.pointee.bodyLimit || self.passesBodyLimit(exchange)
            else { return self.fail(exchange, .bodyTooLarge) }
        }
        if exchange.pointee.mirror != nil { self.copyBody(exchange, bytes, count: count) }
        if case .chunked = exchange.pointee.request.framing, upstream.pointee.kind != .stream {
            var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
            var offset = 0
            while offset < count, !exchange.pointee.isOver {
                let piece = min(count - offset, Self.readSize)
                writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
                writer.append(hex: UInt64(piece))
                writer.append("\r\n")
                writer.append(bytes + offset, count: piece)
                writer.append("\r\n")
                self.sendUpstream(upstream, writer.base, count: writer.count)
                offset += piece
            }
        } else {
            self.sendUpstream(upstream, bytes, count: count)
        }
        guard !exchange.pointee.isOver, let session = exchange.pointee.client.pointee.session else { return }
        nghttp2_session_consume_stream(session.pointee.handle, exchange.pointee.stream, count)
        self.markPending(exchange.pointee.client)
        self.noteBodyProgress(exchange)
    }

    private func endData(_ exchange: ExchangeRef, _ upstream: UpstreamRef) {
        if exchange.pointee.tunnel != nil { return self.endTunnelInput(exchange, upstream) }
        exchange.pointee.request.isComplete = true
        if upstream.pointee.kind == .stream {
            // Where HTTP/1.1 is spoken the end is a chunk, which is not in the request that is kept.
            if case .chunked = exchange.pointee.request.framing { exchange.pointee.tries.bodyIsGone = true }
            self.endRequest(inStream: upstream)
        } else if case .chunked = exchange.pointee.request.framing {
            var writer = ByteWriter(self.scratchOut, capacity: 8)
            writer.append("0\r\n\r\n")
            self.sendUpstream(upstream, writer.base, count: writer.count)
        }
        guard !exchange.pointee.isOver else { return }
        if exchange.pointee.response.isComplete { return }
        self.noteBodyProgress(exchange)
    }
}
