import GatewayModel
import Glibc
import Reactor

extension Worker {
    /// Connections taken in one event; the rest waits for the next turn, so that those being served are not starved.
    private static let acceptBatch = 64

    /// Returns whether more may be waiting.
    @discardableResult
    func accept(from acceptor: AcceptorRef) -> Bool {
        var mayWait = self.accept(from: acceptor, acceptor.pointee.descriptor)
        for descriptor in acceptor.pointee.surplus where self.accept(from: acceptor, descriptor) { mayWait = true }
        return mayWait
    }

    private func accept(from acceptor: AcceptorRef, _ socket: Int32) -> Bool {
        for _ in 0..<Self.acceptBatch where socket >= 0 {
            switch Socket.accept(socket) {
            case .connection(let descriptor, let peer): self.admit(descriptor, peer: peer, from: acceptor)
            case .none: return false
            case .exhausted:
                self.shed(socket)
                return false
            }
        }
        return true
    }

    private func admit(_ descriptor: Int32, peer: SocketAddress, from acceptor: AcceptorRef) {
        guard let listener = acceptor.pointee.listeners.first else { return Socket.close(descriptor) }
        let client = self.clientCells.allocate().assumingMemoryBound(to: Client.self)
        let token = Token.make(client, Token.client)
        client.initialize(
            to:
                Client(
                    token: token, descriptor: descriptor, acceptor: acceptor, worker: Unmanaged.passUnretained(self),
                    listener: Unmanaged.passRetained(listener),
                    peer: peer))
        guard self.poller.addStream(descriptor, token: token) else {
            Socket.close(descriptor)
            client.pointee.listener.release()
            client.deinitialize(count: 1)
            return self.clientCells.deallocate(client)
        }
        client.pointee.hasRules = acceptor.pointee.settings.hasRules
        self.link(client)
        acceptor.pointee.connections += 1
        self.counters.clientConnections += 1
        if acceptor.pointee.settings.hasOpening { return self.awaitOpening(client) }
        self.setTimer(client, after: acceptor.pointee.settings.headerTimeout)
        if acceptor.pointee.connections > acceptor.pointee.settings.maxConnections {
            self.counters.connectionsRefused += 1
            self.refuse(client, .tooManyConnections)
        }
    }

    /// What is over the limit is closed without a word: a sentence would need a handshake.
    private func awaitOpening(_ client: ClientRef) {
        let acceptor = client.pointee.acceptor
        client.pointee.state = .opening
        client.pointee.awaitsProxyHeader = acceptor.pointee.settings.readsProxyHeader
        self.setTimer(client, after: acceptor.pointee.settings.handshakeTimeout)
        if acceptor.pointee.connections > acceptor.pointee.settings.maxConnections {
            self.counters.connectionsRefused += 1
            self.close(client)
        } else if client.listener.proto == .tcp, !client.pointee.awaitsProxyHeader {
            // The upstream may be the one that speaks first.
            self.beginUnnamedTunnel(client)
        }
    }

    /// Out of descriptors: takes one connection with the spare one and closes it, so that its client learns at once and
    /// the loop does not spin on a listener that stays readable.
    @inline(never)
    private func shed(_ socket: Int32) {
        self.counters.connectionsRefused += 1
        guard self.spareDescriptor >= 0 else { return }
        Glibc.close(self.spareDescriptor)
        if case .connection(let descriptor, _) = Socket.accept(socket) { Glibc.close(descriptor) }
        self.spareDescriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    private func link(_ client: ClientRef) {
        client.pointee.next = self.clients
        self.clients?.pointee.previous = client
        self.clients = client
    }

    private func unlink(_ client: ClientRef) {
        if let previous = client.pointee.previous {
            previous.pointee.next = client.pointee.next
        } else {
            self.clients = client.pointee.next
        }
        client.pointee.next?.pointee.previous = client.pointee.previous
    }

    /// Closes the connection and gives back all it had borrowed; an exchange under way must have been ended before.
    func close(_ client: ClientRef) {
        guard client.pointee.state != .closed else { return }
        guard !client.pointee.isMirror else { return self.closeMirror(client) }
        let isOrderly = client.pointee.state != .handshake && client.pointee.exchanges == nil
        client.pointee.state = .closed
        if isOrderly, !client.pointee.isTruncated { self.sayGoodbye(client) }
        client.pointee.tls?.free()
        client.pointee.tls = nil
        Socket.close(client.pointee.descriptor)
        self.timers.remove(client.timer)
        self.giveBack(&client.pointee.input)
        self.giveBack(&client.pointee.output)
        self.unlink(client)
        client.pointee.acceptor.pointee.connections -= 1
        self.counters.clientConnections -= 1
        self.closedClients.append(client)
    }
}
