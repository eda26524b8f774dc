import CNghttp2
import HTTPWire
import Reactor

/// The life of a connection that carries streams: its frames in and out, and its end.
extension Worker {
    func carrierIsReady(_ carrier: UpstreamRef, _ readiness: Readiness) {
        if readiness.isReadable { carrier.pointee.isReadable = true }
        if readiness.isEnding { carrier.pointee.isEnding = true }
        switch carrier.pointee.state {
        case .connecting:
            guard readiness.isWritable else { return }
            guard Socket.connectError(carrier.pointee.descriptor) == 0 else {
                return self.upstreamFailed(carrier, .upstreamConnectFailed)
            }
            if !self.startHandshake(carrier) { self.openSession(toUpstream: carrier) }
        case .handshaking, .session:
            guard !readiness.isWritable || self.flushWire(carrier) else {
                return self.upstreamFailed(carrier, .upstreamReset)
            }
            self.markPending(carrier: carrier)
        case .awaitingHead, .answering, .idle, .closed: return
        }
        if carrier.pointee.carrying.session == nil { self.readHandshake(carrier) }
        // By now it may speak HTTP/1.1.
        if carrier.pointee.kind == .carrier { self.readFrames(carrier) }
    }

    /// HTTP/2 begins. Requests wait until the upstream has said how many it takes at once.
    func openSession(toUpstream carrier: UpstreamRef) {
        carrier.pointee.state = .handshaking
        var handle: OpaquePointer?
        let made = nghttp2_session_client_new2(
            &handle, self.upstreamCallbacks.callbacks, carrier, self.upstreamCallbacks.options)
        guard made == 0, let handle else { return self.upstreamFailed(carrier, .upstreamConnectFailed) }
        let session = self.upstreamSessionCells.allocate().assumingMemoryBound(to: UpstreamSession.self)
        session.initialize(to: UpstreamSession(handle: handle, worker: Unmanaged.passUnretained(self)))
        carrier.pointee.carrying.session = session
        let settings: InlineArray<3, nghttp2_settings_entry> = [
            .init(NGHTTP2_SETTINGS_ENABLE_PUSH, 0),
            .init(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(UpstreamSession.streamWindow)),
            .init(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64 * 1024),
        ]
        settings.span.withUnsafeBufferPointer { entries in
            _ = nghttp2_submit_settings(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries.baseAddress, entries.count)
        }
        nghttp2_session_set_local_window_size(
            handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, UpstreamSession.connectionWindow)
        self.markPending(carrier: carrier)
    }

    // MARK: Receiving

    private func readFrames(_ carrier: UpstreamRef) {
        var reads = 0
        while carrier.pointee.isReadable, carrier.pointee.state != .closed, carrier.pointee.carrying.session != nil {
            guard reads < Self.readsPerTurn else { return self.markPending(carrier: carrier) }
            reads += 1
            switch self.readBytes(carrier) {
            case .moved(let count): self.receiveFrames(carrier, self.scratchIn, count: count)
            case .wouldBlock: return
            case .ended, .cutOff: self.upstreamFailed(carrier, .upstreamReset)
            case .failed: self.upstreamFailed(carrier, .upstreamTLSFailed)
            }
        }
    }

    private func readBytes(_ carrier: UpstreamRef) -> TextRead {
        if let session = carrier.pointee.tls {
            return self.readText(carrier, session, into: self.scratchIn, count: Self.readSize)
        }
        switch Socket.read(carrier.pointee.descriptor, into: self.scratchIn, count: Self.readSize) {
        case .moved(let moved):
            carrier.pointee.isReadable = moved == Self.readSize || carrier.pointee.isEnding
            return .moved(moved)
        case .wouldBlock:
            carrier.pointee.isReadable = false
            return .wouldBlock
        case .ended, .failed:
            carrier.pointee.isReadable = false
            return .cutOff
        }
    }

    /// Hands the library what has come.
    func receiveFrames(_ carrier: UpstreamRef, _ bytes: UnsafeMutablePointer<UInt8>, count: Int) {
        guard let session = carrier.pointee.carrying.session else { return }
        let used = nghttp2_session_mem_recv(session.pointee.handle, bytes, count)
        guard carrier.pointee.state != .closed else { return }
        self.markPending(carrier: carrier)
        if used < 0 { self.upstreamFailed(carrier, .upstreamInvalid) }
    }

    // MARK: Sending

    /// Has the connection looked at when the turn is nearly over: what many streams have to say then goes in one write.
    func markPending(carrier: UpstreamRef) {
        guard let session = carrier.pointee.carrying.session, !session.pointee.isPending else { return }
        session.pointee.isPending = true
        self.pendingCarriers.append(carrier)
    }

    /// Once a turn: reads on where there was much to read, and sends. Whoever has more to do waits for the next turn.
    func serveCarriers() {
        let count = self.pendingCarriers.count
        guard count > 0 else { return }
        for index in 0..<count {
            let carrier = self.pendingCarriers[index]
            carrier.pointee.carrying.session?.pointee.isPending = false
            self.readFrames(carrier)
            if carrier.pointee.state != .closed { self.sendFrames(toUpstream: carrier) }
        }
        self.pendingCarriers.removeFirst(count)
    }

    private func sendFrames(toUpstream carrier: UpstreamRef) {
        guard let session = carrier.pointee.carrying.session else { return }
        let handle = session.pointee.handle
        while carrier.pointee.wire == nil {
            let (count, isLast) = self.gatherFrames(handle)
            guard self.write(toUpstream: carrier, self.scratchOut, count: count) else {
                return self.upstreamFailed(carrier, .upstreamReset)
            }
            if isLast { break }
        }
        if nghttp2_session_want_read(handle) == 0, nghttp2_session_want_write(handle) == 0 {
            return self.upstreamFailed(carrier, .upstreamReset)
        }
        let isOver = carrier.pointee.carrying.isLeaving || carrier.pointee.pool.pointee.isRetired
        if isOver, carrier.pointee.carrying.streamCount == 0, carrier.pointee.state == .session { self.leave(carrier) }
    }

    private func write(toUpstream carrier: UpstreamRef, _ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        guard count > 0 else { return true }
        guard let session = carrier.pointee.tls else { return self.send(carrier, wire: bytes, count: count) }
        return session.write(bytes, count: count) && self.sendCiphertext(carrier)
    }

    // MARK: Ending

    /// Nobody uses the connection: says goodbye and closes it. Never while the library is in a call.
    func leave(_ carrier: UpstreamRef) {
        if let session = carrier.pointee.carrying.session, carrier.pointee.wire == nil {
            nghttp2_session_terminate_session(session.pointee.handle, NGHTTP2_NO_ERROR.rawValue)
            let (count, _) = self.gatherFrames(session.pointee.handle)
            _ = self.write(toUpstream: carrier, self.scratchOut, count: count)
        }
        self.closeUpstream(carrier)
    }

    /// The connection is lost, or was never made: so are the answers that have not come whole.
    func carrierFailed(_ carrier: UpstreamRef, _ reason: Reason) {
        carrier.pointee.carrying.isLeaving = true
        while let stream = carrier.pointee.carrying.streams {
            self.unlink(stream)
            stream.pointee.carrying.number = 0
            // What has come whole is only waiting for its reader.
            if !stream.pointee.carrying.hasEnded { self.upstreamFailed(stream, reason) }
        }
        self.closeUpstream(carrier)
    }

    /// Takes carriers of a retired pool out of service: idle ones close, the others after their last stream.
    func retireCarriers(_ pool: PoolRef, _ endpoint: Int) {
        var cursor = pool.pointee.endpoints[endpoint].carriers
        while let carrier = cursor {
            carrier.pointee.carrying.isLeaving = true
            self.markPending(carrier: carrier)
            cursor = carrier.pointee.next
        }
    }

    /// Gives back what the session of a closed connection holds; not before the turn is over, because the library may be in
    /// the middle of a call.
    func freeSession(toUpstream carrier: UpstreamRef) {
        guard let session = carrier.pointee.carrying.session else { return }
        carrier.pointee.carrying.session = nil
        var text = session.pointee.block.end()
        self.giveBack(&text)
        nghttp2_session_del(session.pointee.handle)
        session.deinitialize(count: 1)
        self.upstreamSessionCells.deallocate(session)
    }
}
