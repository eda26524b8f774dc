import HTTPWire
import Reactor

extension Worker {
    func clientIsReady(_ client: ClientRef, _ readiness: Readiness) {
        guard client.pointee.state != .closed else { return }
        if readiness.isReadable { client.pointee.isReadable = true }
        if readiness.isEnding { client.pointee.hasEnded = true }
        if readiness.isBroken, client.pointee.exchanges != nil, client.isLost { return self.clientLeft(client) }
        if readiness.isWritable, client.pointee.output != nil { self.flush(client) }
        self.serve(client)
        // It may have left right behind its request, before anybody looked.
        if readiness.isBroken, client.pointee.state == .exchange, client.isLost { self.clientLeft(client) }
    }

    /// Does whatever the client's state and the bytes at hand allow; returns when it has to wait for an event.
    func serve(_ client: ClientRef) {
        while true {
            switch client.pointee.state {
            case .opening: guard self.takeOpening(client) else { return }
            case .handshake: guard self.readHandshake(client) else { return }
            case .head: guard self.takeHead(client) else { return }
            case .exchange:
                guard let exchange = client.pointee.exchanges else { return }
                return self.continueExchange(exchange)
            case .session: return self.receiveFrames(client)
            case .lingering: return self.drainLingering(client)
            case .flushing, .closed: return
            }
        }
    }

    /// Takes one request head, from what was read before or from the socket. `false`: nothing more to do now.
    private func takeHead(_ client: ClientRef) -> Bool {
        if client.pointee.input != nil, client.pointee.hasUnparsedInput {
            client.pointee.hasUnparsedInput = false
            return self.consumeInput(client)
        }
        guard client.pointee.isReadable else { return false }
        return client.pointee.input == nil ? self.readIntoScratch(client) : self.readIntoInput(client)
    }

    private func readIntoScratch(_ client: ClientRef) -> Bool {
        guard let count = self.read(client, into: self.scratchIn, count: Self.readSize) else { return false }
        let used = self.receive(client, self.scratchIn, count: count)
        guard used < count else { return true }
        switch client.pointee.state {
        case .head, .exchange, .session:
            self.keep(client, self.scratchIn + used, count: count - used)
            client.pointee.hasUnparsedInput = used > 0
        case .opening, .handshake, .flushing, .lingering, .closed: break
        }
        return true
    }

    /// A head that came in pieces: the piece that is there is kept, the rest is read behind it.
    private func readIntoInput(_ client: ClientRef) -> Bool {
        guard client.pointee.tls == nil else { return self.readBehindInput(client) }
        guard self.makeRoom(&client.pointee.input), let input = client.pointee.input else {
            self.refuse(client, .headTooLarge)
            return false
        }
        guard let count = self.read(client, into: input.base + input.end, count: input.capacity - input.end) else {
            return false
        }
        client.pointee.input?.end += count
        return self.consumeInput(client)
    }

    /// The same under TLS, where what was decrypted has to be taken.
    private func readBehindInput(_ client: ClientRef) -> Bool {
        guard let count = self.read(client, into: self.scratchIn, count: Self.readSize) else { return false }
        self.keep(client, self.scratchIn, count: count)
        return self.consumeInput(client)
    }

    private func consumeInput(_ client: ClientRef) -> Bool {
        guard let input = client.pointee.input else { return true }
        let used = self.receive(client, input.first, count: input.count)
        if used > 0 { self.drop(used, from: &client.pointee.input) }
        if used > 0, client.pointee.input != nil { client.pointee.hasUnparsedInput = true }
        return true
    }

    /// Parses a head at the start of the bytes and begins the exchange. Returns how many bytes were used: none when the
    /// head is not whole yet.
    private func receive(_ client: ClientRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) -> Int {
        // `PRI`, which is no method, begins the preface of HTTP/2 with prior knowledge (RFC 9113 section 3.4).
        if base[0] == 0x50, client.pointee.requests == 0, self.takePreface(client, base, count: count) { return 0 }
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        switch self.requestHead.parse(bytes, limits: client.pointee.acceptor.pointee.settings.head) {
        case .complete(let end):
            return self.begin(self.openExchange(client, stream: 0), bytes, headEnd: end)
        case .incomplete:
            self.awaitRestOfHead(client)
            return 0
        case .refused(let fault):
            self.refuse(client, Reason(fault))
            return count
        }
    }

    /// Whether the bytes begin the preface of HTTP/2, whole or in part; a whole one opens the session.
    @inline(never)
    private func takePreface(_ client: ClientRef, _ base: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        switch ClientSession.matchPreface(UnsafeBufferPointer(start: base, count: count).span) {
        case .differs: return false
        case .incomplete: self.awaitRestOfHead(client)
        case .complete: self.openSession(client)
        }
        return true
    }

    /// The clock of a head starts with its first byte, and is not reset by the next ones.
    private func awaitRestOfHead(_ client: ClientRef) {
        guard client.pointee.input == nil else { return }
        self.setTimer(client, after: client.pointee.acceptor.pointee.settings.headerTimeout)
    }

    /// The client has closed its side, or was reset, before it had sent all of a request.
    func clientLeft(_ client: ClientRef) {
        switch client.pointee.state {
        case .exchange:
            if let exchange = client.pointee.exchanges { self.abort(exchange, .clientClosed) }
        case .session: self.closeSession(client, .clientClosed)
        case .opening, .handshake, .head, .flushing, .lingering, .closed: self.close(client)
        }
    }

    /// The client has sent all it will, in good order: only a tunnel can still be of use to it.
    func clientEnded(_ client: ClientRef) {
        guard client.pointee.isTunnel, let exchange = client.pointee.exchanges else { return self.clientLeft(client) }
        self.tunnelClientEnded(exchange)
    }

    /// Reads and drops what comes after the last answer; a bounded amount for a bounded time.
    private func drainLingering(_ client: ClientRef) {
        while client.pointee.isReadable, client.pointee.lingerBudget > 0 {
            guard let count = self.read(client, into: self.scratchIn, count: Self.readSize) else { return }
            client.pointee.lingerBudget -= count
        }
        if client.pointee.lingerBudget <= 0 { self.close(client) }
    }
}

extension UnsafeMutablePointer<Client> {
    /// Of a connection that polls as broken: a tunnel both of whose sides have ended may still have bytes to read.
    fileprivate var isLost: Bool { !self.pointee.isTunnel || Socket.connectError(self.pointee.descriptor) != 0 }
}

extension Reason {
    init(_ fault: HeadFault) {
        self =
            switch fault {
            case .malformed: .badRequest
            case .targetTooLong: .targetTooLong
            case .headTooLarge: .headTooLarge
            case .unsupportedVersion: .unsupportedVersion
            }
    }
}
