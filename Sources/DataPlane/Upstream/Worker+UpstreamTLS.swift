import HTTPWire
import Reactor

/// TLS to upstreams. A request under TLS is encrypted as soon as it can be; what the kernel does not take of that waits as
/// ciphertext, beside the request that is kept for a retry.
extension Worker {
    /// What one read under TLS came to.
    enum TextRead {
        case moved(Int)
        case wouldBlock
        /// The upstream has said that this is the end.
        case ended
        /// The connection has ended, or broke, without that.
        case cutOff
        /// TLS itself broke.
        case failed
    }

    // MARK: Handshake

    /// Begins TLS on a connection that was just made. `false`: its endpoint has none.
    func startHandshake(_ upstream: UpstreamRef) -> Bool {
        let endpoint = upstream.pointee.endpoint
        guard let context = upstream.pointee.pool.pointee.endpoints[endpoint].context else { return false }
        upstream.pointee.state = .handshaking
        let session = context._withUnsafeGuaranteedRef { $0.makeSession(buffers: self.tlsBuffers) }
        upstream.pointee.tls = session
        if upstream.pointee.kind == .plain { upstream.pointee.kind = .sealed }
        if session?.startHandshake() == true, self.sendCiphertext(upstream) { return true }
        self.upstreamFailed(upstream, .upstreamTLSFailed)
        return true
    }

    func readHandshake(_ upstream: UpstreamRef) {
        guard let session = upstream.pointee.tls else { return }
        while upstream.pointee.isReadable, upstream.pointee.state == .handshaking,
            upstream.pointee.carrying.session == nil
        {
            let result = self.readText(upstream, session, into: self.scratchIn, count: Self.readSize)
            switch result {
            case .wouldBlock where session.isEstablished: self.upstreamIsSecured(upstream)
            case .wouldBlock: break
            case .moved(let count):
                self.upstreamIsSecured(upstream)
                guard upstream.pointee.carrying.session != nil else {
                    return self.upstreamFailed(upstream, .upstreamInvalid)
                }
                self.receiveFrames(upstream, self.scratchIn, count: count)
            case .ended, .cutOff, .failed:
                self.noteFailure(upstream, session)
                self.upstreamFailed(upstream, .upstreamTLSFailed)
            }
        }
    }

    /// The handshake is done: what is spoken from here on, ALPN has chosen (RFC 7301).
    private func upstreamIsSecured(_ upstream: UpstreamRef) {
        let isHTTP2 = upstream.pointee.tls?.alpn == .http2
        switch upstream.pointee.kind {
        case .carrier where isHTTP2: self.openSession(toUpstream: upstream)
        case .carrier where upstream.pointee.pool.pointee.choosesProtocol: self.becomeConnection(upstream)
        case .carrier:
            self.noteDetail(ofAll: upstream, "the upstream did not choose h2")
            self.upstreamFailed(upstream, .upstreamTLSFailed)
        case .sealed where isHTTP2: self.becomeCarrier(upstream)
        case .plain, .sealed, .stream: self.upstreamIsOpen(upstream)
        }
    }

    /// Keeps in the access log why TLS failed.
    func noteFailure(_ upstream: UpstreamRef, _ session: TLSSession) {
        let failure = session.failure ?? "the connection ended in the handshake"
        let isVerification = failure.contains("verify")
        let reason = isVerification ? session.verificationError.map { ": \($0)" } : nil
        self.noteDetail(ofAll: upstream, failure + (reason ?? ""))
    }

    private func noteDetail(ofAll upstream: UpstreamRef, _ text: String) {
        if let exchange = upstream.pointee.exchange { self.noteDetail(exchange, text) }
        var cursor = upstream.pointee.carrying.streams
        while let stream = cursor {
            if let exchange = stream.pointee.exchange { self.noteDetail(exchange, text) }
            cursor = stream.pointee.next
        }
    }

    // MARK: Reading

    /// Decrypts what has come. Records without text do not end it.
    ///
    /// - Parameter count: at least `readSize`, see `cipherSize`.
    func readText(
        _ upstream: UpstreamRef, _ session: TLSSession, into base: UnsafeMutablePointer<UInt8>, count: Int
    ) -> TextRead {
        while !upstream.pointee.hasSaidGoodbye {
            upstream.pointee.isReadable = false
            switch Socket.read(upstream.pointee.descriptor, into: self.scratchCipher, count: Self.cipherSize) {
            case .moved(let moved):
                upstream.pointee.isReadable = moved == Self.cipherSize || upstream.pointee.isEnding
                session.feed(self.scratchCipher, count: moved)
            case .wouldBlock: return .wouldBlock
            case .ended, .failed: return .cutOff
            }
            let (total, outcome) = self.drain(session, into: base, count: count)
            guard self.sendCiphertext(upstream) else { return .cutOff }
            if outcome == .failed || outcome == .moved(0) { return .failed }
            if outcome == .ended {
                upstream.pointee.hasSaidGoodbye = true
                upstream.pointee.isReadable = true
            }
            if total > 0 { return .moved(total) }
            guard upstream.pointee.isReadable else { return .wouldBlock }
        }
        upstream.pointee.isReadable = false
        return .ended
    }

    private func drain(
        _ session: TLSSession, into base: UnsafeMutablePointer<UInt8>, count: Int
    ) -> (total: Int, outcome: TLSRead) {
        var total = 0
        while total < count {
            let outcome = session.read(into: base + total, count: count - total)
            guard case .moved(let more) = outcome else { return (total, outcome) }
            total += more
        }
        return (total, .moved(0))
    }

    // MARK: Writing

    func sendSealed(
        _ upstream: UpstreamRef, _ session: TLSSession, _ bytes: UnsafePointer<UInt8>, count: Int
    ) {
        guard session.write(bytes, count: count), self.sendCiphertext(upstream) else {
            return self.upstreamTakesNoMore(upstream)
        }
    }

    /// Encrypts the request that waits and sends what is left; then the body may go on.
    func flushSealed(_ upstream: UpstreamRef) {
        if let session = upstream.pointee.tls, let output = upstream.pointee.output, !output.isEmpty {
            upstream.pointee.output?.start = output.end
            guard session.write(output.first, count: output.count) else { return self.upstreamTakesNoMore(upstream) }
            guard self.sendCiphertext(upstream) else { return self.upstreamTakesNoMore(upstream) }
        }
        guard self.flushWire(upstream) else { return self.upstreamTakesNoMore(upstream) }
        if upstream.pointee.wire == nil { self.requestHasRoom(upstream) }
    }

    /// Sends what the kernel did not take before. `false`: it takes nothing any more.
    func flushWire(_ upstream: UpstreamRef) -> Bool {
        while let wire = upstream.pointee.wire {
            switch Socket.write(upstream.pointee.descriptor, wire.first, count: wire.count) {
            case .moved(let moved): self.drop(moved, from: &upstream.pointee.wire)
            case .wouldBlock: return true
            case .ended, .failed: return false
            }
        }
        return true
    }

    /// Sends what the last call of a session has put into the loop's buffer.
    func sendCiphertext(_ upstream: UpstreamRef) -> Bool {
        let output = self.tlsBuffers.output
        guard let base = output.baseAddress, !output.isEmpty else { return true }
        defer { self.tlsBuffers.clearOutput() }
        return self.send(upstream, wire: base, count: output.count)
    }

    /// Sends bytes as they are; what the kernel does not take is kept. `false`: it takes nothing any more.
    func send(_ upstream: UpstreamRef, wire bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        guard upstream.pointee.wire == nil else {
            self.append(bytes, count: count, to: &upstream.pointee.wire)
            return true
        }
        switch Socket.write(upstream.pointee.descriptor, bytes, count: count) {
        case .moved(let moved): self.append(bytes + moved, count: count - moved, to: &upstream.pointee.wire)
        case .wouldBlock: self.append(bytes, count: count, to: &upstream.pointee.wire)
        case .ended, .failed: return false
        }
        return true
    }

    /// Ends TLS on a connection that is about to be closed.
    func endSecurity(_ upstream: UpstreamRef) {
        guard let session = upstream.pointee.tls else { return }
        if upstream.pointee.wire == nil, session.isEstablished {
            session.shutdown()
            _ = self.sendCiphertext(upstream)
        }
        self.tlsBuffers.clearOutput()
        session.free()
        upstream.pointee.tls = nil
    }
}
