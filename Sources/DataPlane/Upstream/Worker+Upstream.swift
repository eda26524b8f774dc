import HTTPWire
import Reactor

extension Worker {
    func upstreamIsReady(_ upstream: UpstreamRef, _ readiness: Readiness) {
        if upstream.pointee.kind == .carrier { return self.carrierIsReady(upstream, readiness) }
        switch upstream.pointee.state {
        case .closed, .session: return
        case .idle:
            // Nothing is expected of it: the end, or bytes that belong to no request.
            if readiness.isReadable { self.idleUpstreamSaid(upstream, readiness) }
            return
        case .connecting:
            guard readiness.isWritable else { return }
            guard Socket.connectError(upstream.pointee.descriptor) == 0 else {
                return self.upstreamFailed(upstream, .upstreamConnectFailed)
            }
            guard !self.startHandshake(upstream) else { break }
            self.upstreamIsOpen(upstream)
        case .handshaking: if readiness.isWritable { _ = self.flushWire(upstream) }
        case .awaitingHead, .answering:
            if readiness.isWritable { self.flushUpstream(upstream) }
        }
        if readiness.isReadable { upstream.pointee.isReadable = true }
        if readiness.isEnding { upstream.pointee.isEnding = true }
        if upstream.pointee.state == .handshaking { self.readHandshake(upstream) }
        self.readUpstream(upstream)
    }

    /// The request can be sent.
    func upstreamIsOpen(_ upstream: UpstreamRef) {
        upstream.pointee.state = .awaitingHead
        self.startTryClock(upstream)
        self.flushUpstream(upstream)
    }

    /// An idle connection has something to read: TLS's own business at best.
    private func idleUpstreamSaid(_ upstream: UpstreamRef, _ readiness: Readiness) {
        guard let session = upstream.pointee.tls, !readiness.isEnding,
            case .wouldBlock = self.readText(upstream, session, into: self.scratchIn, count: Self.readSize)
        else { return self.closeUpstream(upstream) }
    }

    /// Reads the answer for as long as the client takes it, and others need not wait too long.
    func readUpstream(_ upstream: UpstreamRef) {
        guard upstream.pointee.kind != .stream else { return self.deliver(upstream) }
        var reads = 0
        while upstream.pointee.isReadable, upstream.isServing,
            let exchange = upstream.pointee.exchange, self.takesAnswer(exchange)
        {
            guard reads < Self.readsPerTurn(exchange) else { return self.schedule(exchange) }
            guard self.readOnce(upstream) else { return }
            reads += 1
        }
    }

    private func readOnce(_ upstream: UpstreamRef) -> Bool {
        guard upstream.pointee.input == nil else { return self.readIntoInput(upstream) }
        guard let count = self.read(upstream, into: self.scratchIn, count: Self.readSize) else { return false }
        self.receiveAnswer(upstream, self.scratchIn, count: count)
        return true
    }

    /// A head that came in pieces.
    private func readIntoInput(_ upstream: UpstreamRef) -> Bool {
        guard upstream.pointee.tls == nil else { return self.readBehindInput(upstream) }
        guard self.makeRoom(&upstream.pointee.input), let input = upstream.pointee.input else {
            self.upstreamFailed(upstream, .upstreamInvalid)
            return false
        }
        guard let count = self.read(upstream, into: input.base + input.end, count: input.capacity - input.end) else {
            return false
        }
        // The buffer leaves the cell while it is worked on; what of a head is still missing is kept anew.
        upstream.pointee.input = nil
        self.receiveAnswer(upstream, input.first, count: input.count + count)
        self.buffers.giveBack(input)
        return true
    }

    /// The same under TLS, where what was decrypted has to be taken.
    private func readBehindInput(_ upstream: UpstreamRef) -> Bool {
        guard let count = self.read(upstream, into: self.scratchIn, count: Self.readSize) else { return false }
        guard let head = upstream.pointee.input, head.count < Self.readSize else {
            self.upstreamFailed(upstream, .upstreamInvalid)
            return false
        }
        self.append(self.scratchIn, count: count, to: &upstream.pointee.input)
        guard let input = upstream.pointee.input else { return false }
        upstream.pointee.input = nil
        self.receiveAnswer(upstream, input.first, count: input.count)
        self.buffers.giveBack(input)
        return true
    }

    private func read(_ upstream: UpstreamRef, into base: UnsafeMutablePointer<UInt8>, count: Int) -> Int? {
        if let session = upstream.pointee.tls { return self.readSealed(upstream, session, into: base, count: count) }
        switch Socket.read(upstream.pointee.descriptor, into: base, count: count) {
        case .moved(let moved):
            upstream.pointee.isReadable = moved == count || upstream.pointee.isEnding
            self.noteAnswer(upstream)
            return moved
        case .wouldBlock:
            upstream.pointee.isReadable = false
        case .ended:
            upstream.pointee.isReadable = false
            self.upstreamEnded(upstream)
        case .failed:
            upstream.pointee.isReadable = false
            self.upstreamFailed(upstream, .upstreamReset)
        }
        return nil
    }

    private func readSealed(
        _ upstream: UpstreamRef, _ session: TLSSession, into base: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int? {
        switch self.readText(upstream, session, into: base, count: count) {
        case .moved(let moved):
            self.noteAnswer(upstream)
            return moved
        case .wouldBlock: break
        case .ended: self.upstreamEnded(upstream)
        case .cutOff where upstream.pointee.exchange?.pointee.tunnel?.tellsItsEnd == true: self.upstreamEnded(upstream)
        case .cutOff: self.upstreamFailed(upstream, .upstreamReset)
        case .failed:
            self.noteFailure(upstream, session)
            self.upstreamFailed(upstream, .upstreamTLSFailed)
        }
        return nil
    }

    /// Bytes of an answer have come: the request will not be sent again.
    @inline(__always)
    func noteAnswer(_ upstream: UpstreamRef) {
        guard !upstream.pointee.hasAnswered else { return }
        upstream.pointee.hasAnswered = true
        if upstream.pointee.exchange?.pointee.tries.keepsRequest == true { return }
        if upstream.pointee.output?.isEmpty == true { self.giveBack(&upstream.pointee.output) }
    }

    /// The upstream has sent all it will: the end of a body that ends so, or too early.
    private func upstreamEnded(_ upstream: UpstreamRef) {
        upstream.pointee.isEnding = true
        if let exchange = upstream.pointee.exchange, exchange.pointee.tunnel != nil {
            return self.tunnelUpstreamEnded(exchange)
        }
        guard upstream.pointee.state == .answering, let exchange = upstream.pointee.exchange else {
            return self.upstreamFailed(upstream, upstream.pointee.hasAnswered ? .upstreamInvalid : .upstreamReset)
        }
        guard case .untilClose = exchange.pointee.response.framing else {
            return self.upstreamFailed(upstream, .upstreamReset)
        }
        self.answerEndedWithStream(exchange)
    }
}

extension UnsafeMutablePointer<UpstreamConnection> {
    fileprivate var isServing: Bool {
        self.pointee.state == .awaitingHead || self.pointee.state == .answering
    }
}
