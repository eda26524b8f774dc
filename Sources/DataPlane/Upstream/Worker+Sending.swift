import HTTPWire
import Reactor

extension UnsafeMutablePointer<UpstreamConnection> {
    /// Connected, and all that was written has been taken by the kernel.
    var takesBody: Bool {
        switch self.pointee.state {
        case .awaitingHead, .answering: (self.pointee.output?.isEmpty ?? true) && self.pointee.wire == nil
        case .connecting, .handshaking, .idle, .session, .closed: false
        }
    }
}

extension Worker {
    /// Sends bytes of a request; what the kernel does not take is kept.
    func sendUpstream(_ upstream: UpstreamRef, _ bytes: UnsafePointer<UInt8>, count: Int) {
        guard count > 0 else { return }
        upstream.pointee.exchange?.pointee.tries.bodyIsGone = true
        // Once a body flows no retry is possible, and the head need not be kept.
        if upstream.pointee.output?.isEmpty == true { self.giveBack(&upstream.pointee.output) }
        guard upstream.pointee.kind == .plain else { return self.sendOtherwise(upstream, bytes, count: count) }
        guard upstream.pointee.output == nil else {
            return self.append(bytes, count: count, to: &upstream.pointee.output)
        }
        switch Socket.write(upstream.pointee.descriptor, bytes, count: count) {
        case .moved(let moved):
            self.append(bytes + moved, count: count - moved, to: &upstream.pointee.output)
        case .wouldBlock:
            self.append(bytes, count: count, to: &upstream.pointee.output)
        case .ended, .failed:
            self.upstreamTakesNoMore(upstream)
        }
    }

    /// Sends the rest of what was kept; then the body may go on.
    func flushUpstream(_ upstream: UpstreamRef) {
        guard upstream.pointee.kind == .plain else { return self.flushOtherwise(upstream) }
        while let output = upstream.pointee.output, !output.isEmpty {
            switch Socket.write(upstream.pointee.descriptor, output.first, count: output.count) {
            case .moved(let moved): upstream.pointee.output?.start += moved
            case .wouldBlock: return
            case .ended, .failed: return self.upstreamTakesNoMore(upstream)
            }
        }
        self.requestHasRoom(upstream)
    }

    private func sendOtherwise(_ upstream: UpstreamRef, _ bytes: UnsafePointer<UInt8>, count: Int) {
        if let session = upstream.pointee.tls {
            self.sendSealed(upstream, session, bytes, count: count)
        } else {
            self.sendInStream(upstream, bytes, count: count)
        }
    }

    private func flushOtherwise(_ upstream: UpstreamRef) {
        if upstream.pointee.kind == .stream { self.submitRequest(upstream) } else { self.flushSealed(upstream) }
    }

    /// All that was given has been taken.
    func requestHasRoom(_ upstream: UpstreamRef) {
        guard let exchange = upstream.pointee.exchange, !exchange.pointee.request.isComplete else { return }
        self.schedule(exchange)
    }

    /// The upstream's side is closed for writing. It may have answered before that: what it said is read first.
    func upstreamTakesNoMore(_ upstream: UpstreamRef) {
        self.giveBackSentBody(upstream)
        upstream.pointee.exchange?.pointee.request.isAbandoned = true
        upstream.pointee.isReadable = true
        upstream.pointee.isEnding = true
        if let exchange = upstream.pointee.exchange { self.schedule(exchange) }
    }

    private func giveBackSentBody(_ upstream: UpstreamRef) {
        guard let exchange = upstream.pointee.exchange, !exchange.pointee.request.isComplete else { return }
        self.giveBack(&upstream.pointee.output)
    }
}
