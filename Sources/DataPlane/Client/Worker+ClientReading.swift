import HTTPWire
import Reactor

extension Worker {
    func clientIsReady(_ client: ClientRef, _ readiness: Readiness) {
        guard client.pointee.state != .closed else { return }
        if readiness.isReadable { client.pointee.isReadable = true }
        if readiness.isEnding { client.pointee.hasEnded = true }
        if readiness.isBroken, client.pointee.state == .exchange { return self.abort(client, .clientClosed) }
        if readiness.isWritable, client.pointee.output != nil { self.flush(client) }
        self.serve(client)
    }

    /// Does whatever the client's state and the bytes at hand allow; returns when it has to wait for an event.
    func serve(_ client: ClientRef) {
        while true {
            switch client.pointee.state {
            case .head: guard self.takeHead(client) else { return }
            case .exchange: return self.continueExchange(client)
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
        if used < count, client.pointee.state == .head || client.pointee.state == .exchange {
            self.keep(client, self.scratchIn + used, count: count - used)
            client.pointee.hasUnparsedInput = used > 0
        }
        return true
    }

    /// A head that came in pieces: the piece that is there is kept, the rest is read behind it.
    private func readIntoInput(_ client: ClientRef) -> Bool {
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
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        switch self.requestHead.parse(bytes, limits: client.pointee.acceptor.pointee.settings.head) {
        case .complete(let end):
            return self.begin(client, bytes, headEnd: end)
        case .incomplete:
            self.awaitRestOfHead(client)
            return 0
        case .refused(let fault):
            self.refuse(client, Reason(fault))
            return count
        }
    }

    /// The clock of a head starts with its first byte, and is not reset by the next ones.
    private func awaitRestOfHead(_ client: ClientRef) {
        guard client.pointee.input == nil else { return }
        self.setTimer(client, after: client.pointee.acceptor.pointee.settings.headerTimeout)
    }

    /// Reads from the client's socket; `nil` when there is nothing, or the connection is over and was dealt with.
    func read(_ client: ClientRef, into base: UnsafeMutablePointer<UInt8>, count: Int) -> Int? {
        switch Socket.read(client.pointee.descriptor, into: base, count: count) {
        case .moved(let moved):
            // A short read has emptied the socket: the next byte is a new event. But not so near the end of the stream.
            client.pointee.isReadable = moved == count || client.pointee.hasEnded
            return moved
        case .wouldBlock:
            client.pointee.isReadable = false
        case .ended, .failed:
            client.pointee.isReadable = false
            self.clientLeft(client)
        }
        return nil
    }

    /// The client has closed its side, or was reset, before it had sent all of a request.
    private func clientLeft(_ client: ClientRef) {
        if client.pointee.state == .exchange {
            self.abort(client, .clientClosed)
        } else {
            self.close(client)
        }
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
