import CNghttp2
import Glibc
import HTTPWire
import Reactor

/// Requests on streams to upstreams.
extension Worker {
    /// Hands the request that waits in `output`, as HTTP/1.1 has it, to the library.
    func submitRequest(_ stream: UpstreamRef) {
        guard let carrier = stream.pointee.carrying.carrier, let session = carrier.pointee.carrying.session,
            let exchange = stream.pointee.exchange, let output = stream.pointee.output,
            stream.pointee.carrying.number == 0
        else { return }
        let bytes = UnsafeBufferPointer(start: UnsafePointer(output.first), count: output.count)
        let headEnd = self.collectFields(bytes, isSecure: carrier.pointee.tls != nil, exchange)
        guard headEnd > 0, self.nameValues.isComplete else { return self.fail(exchange, .headTooLarge) }
        var provider = nghttp2_data_provider()
        // The cell is asked for by number: it may have gone before the library has sent all that it was to send.
        provider.read_callback = { handle, number, base, count, flags, _, user in
            guard let carrier = user?.assumingMemoryBound(to: UpstreamConnection.self), let base, let flags,
                let session = carrier.pointee.carrying.session,
                let stream = nghttp2_session_get_stream_user_data(handle, number)?
                    .assumingMemoryBound(to: UpstreamConnection.self)
            else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
            return session.pointee.worker._withUnsafeGuaranteedRef {
                $0.supplyRequest(stream, base, capacity: count, flags)
            }
        }
        let hasBody = exchange.pointee.request.framing.hasBody
        let number =
            hasBody
            ? nghttp2_submit_request(
                session.pointee.handle, nil, self.nameValues.base, self.nameValues.count, &provider, stream)
            : nghttp2_submit_request(
                session.pointee.handle, nil, self.nameValues.base, self.nameValues.count, nil, stream)
        self.markPending(carrier: carrier)
        guard number > 0 else {
            carrier.pointee.carrying.isLeaving = true
            stream.pointee.carrying.wasRefused = true
            stream.pointee.carrying.keepsRequest = true
            return self.upstreamFailed(stream, .upstreamReset)
        }
        stream.pointee.carrying.number = number
        stream.pointee.carrying.keepsRequest = true
        stream.pointee.output?.start += headEnd
        if hasBody, stream.takesBody { self.requestHasRoom(stream) }
    }

    /// The fields of a request that the gateway itself has written. Returns where its body begins; 0 when there is no end.
    private func collectFields(
        _ bytes: UnsafeBufferPointer<UInt8>, isSecure: Bool, _ exchange: ExchangeRef
    ) -> Int {
        self.nameValues.removeAll()
        guard let base = bytes.baseAddress, let lineEnd = bytes.endOfLine(from: 0),
            let methodEnd = bytes[..<lineEnd].firstIndex(of: 0x20),
            let targetEnd = bytes[(methodEnd + 1)..<lineEnd].firstIndex(of: 0x20)
        else { return 0 }
        self.nameValues.append(":method", base, methodEnd)
        if isSecure {
            self.nameValues.append(":scheme", ("https" as StaticString).utf8Start, 5)
        } else {
            self.nameValues.append(":scheme", ("http" as StaticString).utf8Start, 4)
        }
        self.nameValues.append(":path", base + methodEnd + 1, targetEnd - methodEnd - 1)
        var start = lineEnd + 2
        while let end = bytes.endOfLine(from: start) {
            guard end > start else {
                if exchange.pointee.call.takesTrailers {
                    self.nameValues.append("te", ("trailers" as StaticString).utf8Start, 8)
                }
                return end + 2
            }
            self.collectField(base + start, count: end - start)
            start = end + 2
        }
        return 0
    }

    /// One line, `name: value`. What HTTP/2 has no use for is left out (RFC 9113 section 8.2.2).
    private func collectField(_ line: UnsafePointer<UInt8>, count: Int) {
        let bytes = UnsafeBufferPointer(start: line, count: count)
        guard let colon = bytes.firstIndex(of: 0x3A), colon + 2 <= count else { return }
        let (value, valueCount) = (line + colon + 2, count - colon - 2)
        switch FieldName(UnsafeBufferPointer(rebasing: bytes[..<colon]).span) {
        case .host: self.nameValues.append(":authority", value, valueCount)
        case .transferEncoding, .connection, .keepAlive, .proxyConnection, .upgrade, .te: break
        default: self.nameValues.append(line, colon, value, valueCount)
        }
    }

    // MARK: Bodies

    /// Body bytes for the upstream: kept until the stream's window takes them.
    func sendInStream(_ stream: UpstreamRef, _ bytes: UnsafePointer<UInt8>, count: Int) {
        stream.pointee.carrying.keepsRequest = false
        self.append(bytes, count: count, to: &stream.pointee.output)
        self.resume(stream)
    }

    /// The request's body has come to its end.
    func endRequest(inStream stream: UpstreamRef) {
        self.resume(stream)
    }

    private func resume(_ stream: UpstreamRef) {
        guard stream.pointee.state != .closed, let carrier = stream.pointee.carrying.carrier,
            let session = carrier.pointee.carrying.session
        else { return }
        if stream.pointee.carrying.isDeferred {
            stream.pointee.carrying.isDeferred = false
            nghttp2_session_resume_data(session.pointee.handle, stream.pointee.carrying.number)
        }
        self.markPending(carrier: carrier)
    }

    /// The library asks for the next piece of a request's body.
    private func supplyRequest(
        _ stream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, capacity: Int, _ flags: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard stream.pointee.state != .closed, let exchange = stream.pointee.exchange else {
            return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        var count = 0
        if let output = stream.pointee.output, !output.isEmpty {
            count = min(capacity, output.count)
            base.update(from: output.first, count: count)
            stream.pointee.output?.start += count
        }
        guard stream.pointee.output?.isEmpty ?? true else { return count }
        if !stream.pointee.carrying.keepsRequest { self.giveBack(&stream.pointee.output) }
        if exchange.pointee.request.isComplete {
            flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
        } else if count == 0 {
            stream.pointee.carrying.isDeferred = true
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        } else {
            self.schedule(exchange)
        }
        return count
    }

    // MARK: Ends

    /// Parts a stream from its connection; the upstream is told to stop unless both sides have ended.
    func closeStream(_ stream: UpstreamRef, isDone: Bool) {
        guard stream.pointee.state != .closed else { return }
        stream.pointee.state = .closed
        let number = stream.pointee.carrying.number
        if let carrier = stream.pointee.carrying.carrier, let session = carrier.pointee.carrying.session, number > 0 {
            nghttp2_session_set_stream_user_data(session.pointee.handle, number, nil)
            if !isDone {
                nghttp2_submit_rst_stream(
                    session.pointee.handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), number, NGHTTP2_CANCEL.rawValue)
            }
            self.markPending(carrier: carrier)
        }
        self.unlink(stream)
        self.timers.remove(stream.timer)
        self.giveBack(&stream.pointee.input)
        self.giveBack(&stream.pointee.output)
        self.closedUpstreams.append(stream)
        self.roomCame(stream.pointee.pool)
        self.leavePool(stream)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where the line that begins there ends, without CRLF.
    fileprivate func endOfLine(from start: Int) -> Int? {
        guard start < self.count, let base = self.baseAddress,
            let found = memchr(base + start, 0x0D, self.count - start)
        else { return nil }
        let end = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
        return end + 1 < self.count ? end : nil
    }
}
