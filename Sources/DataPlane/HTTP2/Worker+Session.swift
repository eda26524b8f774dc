import CNghttp2
import HTTPWire
import Reactor

extension Worker {
    /// How long a client may take to hear that its connection ends.
    private static let farewell: UInt64 = 2000
    /// How long a connection without streams keeps what the next one would need, in milliseconds.
    private static let nap: UInt64 = 500

    /// HTTP/2 begins on a connection; what has come of it is in `input` or still to be read.
    func openSession(_ client: ClientRef) {
        var handle: OpaquePointer?
        let made = nghttp2_session_server_new3(
            &handle, self.sessionCallbacks.callbacks, client, self.sessionCallbacks.options, cnghttp2_memory())
        guard made == 0, let handle else { return self.close(client) }
        let session = self.sessionCells.allocate().assumingMemoryBound(to: ClientSession.self)
        session.initialize(to: ClientSession(handle: handle))
        client.pointee.session = session
        client.pointee.state = .session
        self.submitSettings(client, handle)
        self.awaitStreams(client)
        self.markPending(client)
    }

    private func submitSettings(_ client: ClientRef, _ handle: OpaquePointer) {
        let limits = client.pointee.acceptor.pointee.settings
        let settings: InlineArray<4, nghttp2_settings_entry> = [
            .init(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, UInt32(clamping: limits.maxConcurrentStreams)),
            .init(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(ClientSession.streamWindow)),
            .init(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(clamping: limits.head.bytes)),
            .init(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1),
        ]
        settings.span.withUnsafeBufferPointer { entries in
            _ = nghttp2_submit_settings(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries.baseAddress, entries.count)
        }
        nghttp2_session_set_local_window_size(
            handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, ClientSession.connectionWindow)
    }

    // MARK: Receiving

    /// Hands the library what has come.
    func receiveFrames(_ client: ClientRef) {
        if let input = client.pointee.input {
            client.pointee.input = nil
            client.pointee.hasUnparsedInput = false
            self.feed(client, input.first, count: input.count)
            self.buffers.giveBack(input)
        }
        var reads = 0
        while client.pointee.state == .session, client.pointee.isReadable {
            guard reads < Self.readsPerTurn else { return self.schedule(client) }
            guard let count = self.read(client, into: self.scratchIn, count: Self.readSize) else { return }
            self.feed(client, self.scratchIn, count: count)
            reads += 1
        }
    }

    private func feed(_ client: ClientRef, _ bytes: UnsafeMutablePointer<UInt8>, count: Int) {
        guard let session = client.pointee.session else { return }
        let used = nghttp2_session_mem_recv(session.pointee.handle, bytes, count)
        guard client.pointee.state == .session else { return }
        self.markPending(client)
        // Frames that say why are still to be sent; a session that is beyond that ends here.
        if used < 0 { return self.giveUp(client, NGHTTP2_ENHANCE_YOUR_CALM) }
        if session.pointee.block.kind != .none {
            self.timers.set(
                client.timer,
                deadline: min(
                    client.timer.pointee.deadline,
                    self.now &+ max(client.pointee.acceptor.pointee.settings.headerTimeout, 1)))
        }
    }

    /// Says goodbye with an error and closes, aborting what is under way.
    private func giveUp(_ client: ClientRef, _ code: nghttp2_error_code) {
        guard let session = client.pointee.session else { return }
        nghttp2_session_terminate_session(session.pointee.handle, code.rawValue)
        self.sendFrames(client)
        if client.pointee.state == .session { self.closeSession(client, .clientClosed) }
    }

    // MARK: Sending

    /// Has the client's frames sent at the end of the turn: what many streams have to say then goes in one write.
    func markPending(_ client: ClientRef) {
        guard let session = client.pointee.session, !session.pointee.isPending else { return }
        session.pointee.isPending = true
        self.pendingSessions.append(client)
    }

    /// Sends what sessions have to say; once a turn.
    func sendFrames() {
        guard !self.pendingSessions.isEmpty else { return }
        // Sending may end streams, and what that brings about may have more to say.
        var index = 0
        while index < self.pendingSessions.count {
            let client = self.pendingSessions[index]
            client.pointee.session?.pointee.isPending = false
            if client.pointee.state == .session { self.sendFrames(client) }
            index += 1
        }
        self.pendingSessions.removeAll(keepingCapacity: true)
    }

    /// Gathers frames and writes them together, for as long as the kernel takes them.
    private func sendFrames(_ client: ClientRef) {
        guard let session = client.pointee.session else { return }
        while client.pointee.output == nil, client.pointee.state == .session {
            let (count, isLast) = self.gatherFrames(session.pointee.handle)
            guard self.write(client, self.scratchOut, count: count) else {
                return self.closeSession(client, .clientClosed)
            }
            if isLast { break }
        }
        guard client.pointee.state == .session else { return }
        if client.pointee.output != nil {
            return self.setTimer(client, after: client.pointee.acceptor.pointee.settings.idleTimeout)
        }
        self.closeIfDone(client)
    }

    func gatherFrames(_ handle: OpaquePointer) -> (count: Int, isLast: Bool) {
        var count = 0
        while count < Self.readSize {
            var frame: UnsafePointer<UInt8>?
            let size = nghttp2_session_mem_send(handle, &frame)
            guard size > 0, let frame, size <= 2 * Self.readSize - count else { return (count, true) }
            (self.scratchOut + count).update(from: frame, count: size)
            count += size
        }
        return (count, false)
    }

    /// The kernel has taken all that was kept.
    func sessionHasRoom(_ client: ClientRef) {
        self.timers.set(client.timer, deadline: .max)
        if client.pointee.exchanges == nil { self.awaitStreams(client) }
        self.markPending(client)
    }

    // MARK: Ending

    /// A stream has ended: the connection waits for the next one, or ends.
    func streamEnded(_ client: ClientRef) {
        guard client.pointee.state == .session, client.pointee.exchanges == nil else { return }
        self.awaitStreams(client)
        if client.pointee.session?.pointee.isLeaving == true { self.markPending(client) }
    }

    /// Nothing is under way: after a moment memory that is not needed goes back, after `idleTimeout` the connection.
    private func awaitStreams(_ client: ClientRef) {
        let timeout = client.pointee.acceptor.pointee.settings.idleTimeout
        client.pointee.session?.pointee.isResting = false
        self.setTimer(client, after: timeout == 0 ? Self.nap : min(Self.nap, timeout))
    }

    private func rest(_ client: ClientRef, _ session: SessionRef) {
        session.pointee.isResting = true
        if nghttp2_session_want_write(session.pointee.handle) == 0 { cnghttp2_rest(session.pointee.pages) }
        let timeout = client.pointee.acceptor.pointee.settings.idleTimeout
        self.setTimer(client, after: timeout == 0 ? 0 : max(timeout, Self.nap + 1) - Self.nap)
    }

    private func closeIfDone(_ client: ClientRef) {
        guard let session = client.pointee.session else { return }
        let handle = session.pointee.handle
        if session.pointee.hasHeardOfLeaving, client.pointee.exchanges == nil,
            nghttp2_session_want_read(handle) != 0
        {
            nghttp2_session_terminate_session(handle, NGHTTP2_NO_ERROR.rawValue)
            return self.markPending(client)
        }
        if nghttp2_session_want_read(handle) == 0, nghttp2_session_want_write(handle) == 0 {
            self.endSession(client)
        }
    }

    /// No more streams are taken; those under way finish (RFC 9113 section 6.8). A ping tells when the client has heard, so
    /// that a request which crosses the notice is still served.
    func leave(_ client: ClientRef) {
        guard let session = client.pointee.session, !session.pointee.isLeaving else { return }
        session.pointee.isLeaving = true
        nghttp2_submit_shutdown_notice(session.pointee.handle)
        nghttp2_submit_ping(session.pointee.handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
        if client.pointee.exchanges == nil { self.setTimer(client, after: Self.farewell) }
        self.markPending(client)
    }

    func sessionTimedOut(_ client: ClientRef) {
        guard let session = client.pointee.session else { return }
        let isIdle = client.pointee.exchanges == nil && session.pointee.block.kind == .none
        if isIdle, client.pointee.output == nil, !session.pointee.isLeaving, !session.pointee.isResting {
            return self.rest(client, session)
        }
        if isIdle, client.pointee.output == nil, !session.pointee.isLeaving { return self.leave(client) }
        self.giveUp(client, isIdle ? NGHTTP2_NO_ERROR : NGHTTP2_ENHANCE_YOUR_CALM)
    }

    /// The last frame is out: what still comes is read and dropped, so that a reset cannot overtake it.
    private func endSession(_ client: ClientRef) {
        while let exchange = client.pointee.exchanges { self.endUnfinished(exchange, .clientClosed) }
        client.pointee.hasUnreadRequest = true
        client.pointee.state = .flushing
        self.lastAnswerIsOut(client)
    }

    /// Ends the connection and all that is under way on it.
    func closeSession(_ client: ClientRef, _ reason: Reason) {
        while let exchange = client.pointee.exchanges {
            self.endUnfinished(exchange, reason)
        }
        self.close(client)
    }

    /// Gives back what the session of a closed client holds; not before the turn is over, because the library may be in the
    /// middle of a call.
    func freeSession(_ client: ClientRef) {
        guard let session = client.pointee.session else { return }
        client.pointee.session = nil
        self.giveBackBlock(session)
        nghttp2_session_del(session.pointee.handle)
        session.deinitialize(count: 1)
        self.sessionCells.deallocate(session)
    }
}

extension UnsafeMutablePointer<Client> {
    /// It is in the worker's list of sessions with frames to send.
    var isPending: Bool { self.pointee.session?.pointee.isPending ?? false }
}

extension nghttp2_settings_entry {
    init(_ id: nghttp2_settings_id, _ value: UInt32) {
        self.init(settings_id: Int32(id.rawValue), value: value)
    }
}
