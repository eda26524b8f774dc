import GatewayModel
import GatewaySnapshot
import HTTPWire
import Reactor

/// What comes before HTTP on a connection: a header of the PROXY protocol, the TLS handshake.
extension Worker {
    /// A fatal alert (RFC 8446 section 6) that a session was never made for.
    private enum Alert {
        static let decodeError: UInt8 = 50
        static let unrecognizedName: UInt8 = 112
    }

    /// Reads until what comes first is known. `false`: nothing more to do now.
    func takeOpening(_ client: ClientRef) -> Bool {
        guard client.pointee.isReadable else { return false }
        let limit = ClientHello.maxSize + ProxyHeader.longest
        guard let count = self.read(client, into: self.scratchIn, count: Self.readSize) else { return false }
        self.keep(client, self.scratchIn, count: count)
        guard client.pointee.input?.count ?? 0 <= limit else {
            self.close(client)
            return false
        }
        return self.continueOpening(client)
    }

    private func continueOpening(_ client: ClientRef) -> Bool {
        if client.pointee.awaitsProxyHeader {
            guard self.takeProxyHeader(client) else { return client.pointee.state == .opening }
        }
        guard client.pointee.state == .opening else { return true }
        switch client.listener.proto {
        case .http:
            client.pointee.hasUnparsedInput = client.pointee.input != nil
            self.beginHTTP(client)
            return true
        case .https, .tls:
            return self.takeHello(client)
        case .tcp:
            self.beginUnnamedTunnel(client)
            return client.pointee.state != .closed
        }
    }

    /// - Returns: whether the header has come, or is known not to come.
    private func takeProxyHeader(_ client: ClientRef) -> Bool {
        guard let input = client.pointee.input else { return false }
        let bytes = UnsafeBufferPointer(start: input.first, count: input.count).span
        switch ProxyHeader(parsing: bytes) {
        case .incomplete: return false
        case .absent where client.pointee.acceptor.pointee.settings.requiresProxyHeader, .malformed:
            self.counters.openingsRefused += 1
            self.close(client)
            return false
        case .absent: break
        case .header(let end, let source):
            if let source { client.pointee.forwarded = ForwardedFields(address: source.address) }
            self.drop(end, from: &client.pointee.input)
        }
        client.pointee.awaitsProxyHeader = false
        return true
    }

    // MARK: TLS

    private func takeHello(_ client: ClientRef) -> Bool {
        guard let input = client.pointee.input else { return true }
        switch ClientHello.parse(UnsafeBufferPointer(start: input.first, count: input.count).span) {
        case .incomplete: return true
        case .notTLS: self.refusePlain(client, input)
        case .malformed: self.alert(client, Alert.decodeError)
        case .hello(let offer): self.beginHandshake(client, serverName: offer.serverName)
        }
        return client.pointee.state != .closed
    }

    /// Somebody speaks something else where TLS is expected; one that speaks HTTP is told so.
    private func refusePlain(_ client: ClientRef, _ input: Buffer) {
        self.counters.openingsRefused += 1
        let isHTTP = input.first[0].isToken
        guard isHTTP else { return self.close(client) }
        self.refuse(client, .plainHTTP)
    }

    /// The listener with the most specific hostname takes the connection, as it would take the requests to this host.
    private func beginHandshake(_ client: ClientRef, serverName: [UInt8]?) {
        var host = (serverName ?? []).map(\.lowercased)
        if host.count > 1, host.last == 0x2E { host.removeLast() }
        let acceptor = client.pointee.acceptor
        let slot = host.withUnsafeBytes { self.gateway.listener(group: acceptor.pointee.group, host: $0) }
        guard let slot, acceptor.pointee.listeners.indices.contains(slot) else {
            return self.alert(client, Alert.unrecognizedName)
        }
        let listener = acceptor.pointee.listeners[slot]
        client.setListener(listener)
        if listener.proto == .tls {
            let hasRoute = host.withUnsafeBytes { self.findTunnelRoute(client, host: $0) }
            guard hasRoute else { return self.alert(client, Alert.unrecognizedName) }
            guard listener.tls != nil else { return self.beginTunnel(client) }
        }
        let session = host.withUnsafeBytes {
            listener.tls?.makeSession(serverName: $0.isEmpty ? nil : $0, buffers: self.tlsBuffers)
        }
        guard let session, let input = client.pointee.input else { return self.close(client) }
        client.pointee.tls = session
        client.pointee.state = .handshake
        client.pointee.input = nil
        session.feed(input.first, count: input.count)
        self.continueHandshake(client, session)
        self.buffers.giveBack(input)
    }

    private func alert(_ client: ClientRef, _ description: UInt8) {
        self.counters.openingsRefused += 1
        var writer = ByteWriter(self.scratchOut, capacity: 16)
        // An alert record with its two bytes: fatal, and why.
        writer.append("\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}")
        writer.append(description)
        _ = self.write(client, writer.base, count: writer.count)
        self.close(client)
    }

    /// Reads the next flight. `false`: nothing more to do now.
    func readHandshake(_ client: ClientRef) -> Bool {
        guard let session = client.pointee.tls, client.pointee.isReadable,
            let count = self.receive(client, into: self.scratchCipher, count: Self.cipherSize)
        else { return false }
        session.feed(self.scratchCipher, count: count)
        self.continueHandshake(client, session)
        return client.pointee.state != .closed
    }

    /// What has come is worked on; bytes behind the handshake may be there too.
    private func continueHandshake(_ client: ClientRef, _ session: TLSSession) {
        var total = 0
        var outcome = TLSRead.wantsMore
        while total < Self.readSize {
            outcome = session.read(into: self.scratchIn + total, count: Self.readSize - total)
            guard case .moved(let moved) = outcome else { break }
            total += moved
        }
        guard self.sendCiphertext(client), outcome == .wantsMore else {
            self.counters.handshakes.failed += 1
            return self.close(client)
        }
        guard session.isEstablished else { return }
        if session.isResumed { self.counters.handshakes.resumed += 1 } else { self.counters.handshakes.full += 1 }
        if client.listener.asksForCertificate, let peer = session.peer() {
            client.pointee.identity = Unmanaged.passRetained(ClientIdentity(peer))
        }
        if total > 0 {
            self.keep(client, self.scratchIn, count: total)
            client.pointee.hasUnparsedInput = true
        }
        if client.pointee.tunnelRoute != nil {
            self.beginTunnel(client)
        } else if session.alpn == .http2 {
            self.openSession(client)
        } else {
            self.beginHTTP(client)
        }
    }

    private func beginHTTP(_ client: ClientRef) {
        client.pointee.state = .head
        self.setTimer(client, after: client.pointee.acceptor.pointee.settings.headerTimeout)
    }
}

extension UnsafeMutablePointer<Client> {
    /// The listener that took the connection.
    var listener: ListenerRuntime { self.pointee.listener._withUnsafeGuaranteedRef { $0 } }

    func setListener(_ listener: ListenerRuntime) {
        self.pointee.listener.release()
        self.pointee.listener = Unmanaged.passRetained(listener)
        self.pointee.hasRules = listener.hasRules
        self.pointee.validation = listener.validationID
    }
}
