import HTTPWire
import Reactor

/// Bytes to and from a client's socket, under TLS or not.
extension Worker {
    /// What one read of ciphertext takes at most. With what the session may hold of a record before it, its text still fits
    /// one read's scratch memory.
    static let cipherSize = 44 * 1024

    // MARK: Reading

    /// Reads from the client; `nil` when there is nothing, or the connection is over and was dealt with.
    ///
    /// Under TLS `count` must be `readSize`: what a record holds cannot be put back.
    func read(_ client: ClientRef, into base: UnsafeMutablePointer<UInt8>, count: Int) -> Int? {
        guard let session = client.pointee.tls else { return self.receive(client, into: base, count: count) }
        return self.readText(client, session, into: base, count: count)
    }

    @inline(__always)
    func receive(_ client: ClientRef, into base: UnsafeMutablePointer<UInt8>, count: Int) -> Int? {
        switch Socket.read(client.pointee.descriptor, into: base, count: count) {
        case .moved(let moved):
            // A short read has emptied the socket: the next byte is a new event. But not so near the end of the stream.
            client.pointee.isReadable = moved == count || client.pointee.hasEnded
            return moved
        case .wouldBlock:
            client.pointee.isReadable = false
        case .ended where client.pointee.tls == nil || client.tellsItsEnd:
            client.pointee.isReadable = false
            self.clientEnded(client)
        case .ended, .failed:
            client.pointee.isReadable = false
            self.clientLeft(client)
        }
        return nil
    }

    /// Decrypts what has come. Records that bring no text (a key update, a ticket's answer) do not end it.
    private func readText(
        _ client: ClientRef, _ session: TLSSession, into base: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int? {
        while !client.pointee.hasSaidGoodbye {
            guard let moved = self.receive(client, into: self.scratchCipher, count: Self.cipherSize) else { return nil }
            session.feed(self.scratchCipher, count: moved)
            var total = 0
            var outcome = TLSRead.moved(0)
            while case .moved = outcome, total < count {
                outcome = session.read(into: base + total, count: count - total)
                if case .moved(let more) = outcome { total += more }
            }
            let isSent = self.sendCiphertext(client)
            switch outcome {
            case .wantsMore where isSent: break
            case .ended where isSent:
                client.pointee.hasSaidGoodbye = true
                client.pointee.isReadable = true
            case .wantsMore, .ended, .moved, .failed:
                client.pointee.isReadable = false
                self.clientLeft(client)
                return nil
            }
            if total > 0 { return total }
            guard client.pointee.isReadable else { return nil }
        }
        client.pointee.isReadable = false
        self.clientEnded(client)
        return nil
    }

    // MARK: Writing

    /// Sends bytes to the client; what the kernel does not take is kept and sent when it can be.
    ///
    /// - Returns: `false` when the connection is broken; the caller ends it.
    func write(_ client: ClientRef, _ bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        guard count > 0 else { return true }
        guard let session = client.pointee.tls else { return self.send(client, wire: bytes, count: count) }
        guard session.write(bytes, count: count) else { return false }
        return self.sendCiphertext(client)
    }

    /// Sends what the last call of a session has put into the loop's buffer.
    func sendCiphertext(_ client: ClientRef) -> Bool {
        let output = self.tlsBuffers.output
        guard let base = output.baseAddress, !output.isEmpty else { return true }
        defer { self.tlsBuffers.clearOutput() }
        return self.send(client, wire: base, count: output.count)
    }

    private func send(_ client: ClientRef, wire bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        guard client.pointee.output == nil else {
            self.append(bytes, count: count, to: &client.pointee.output)
            return true
        }
        guard !client.pointee.isMirror else { return self.mirrorTakes(client) }
        switch Socket.write(client.pointee.descriptor, bytes, count: count) {
        case .moved(let moved):
            if moved < count { self.append(bytes + moved, count: count - moved, to: &client.pointee.output) }
            return true
        case .wouldBlock:
            self.append(bytes, count: count, to: &client.pointee.output)
            return true
        case .ended, .failed:
            return false
        }
    }

    /// Says that nothing more will be sent; what was sent still arrives.
    func shutdownWrites(_ client: ClientRef) {
        self.sayGoodbye(client)
        Socket.shutdownWrites(client.pointee.descriptor)
    }

    /// Under TLS an end that is meant is said (RFC 8446 section 6.1); one that is not is left unsaid.
    func sayGoodbye(_ client: ClientRef) {
        guard let session = client.pointee.tls, client.pointee.output == nil else { return }
        session.shutdown()
        _ = self.sendCiphertext(client)
    }
}
