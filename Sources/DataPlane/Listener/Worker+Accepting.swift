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
        let client = self.clientCells.allocate().assumingMemoryBound(to: Client.self)
        let token = Token.make(client, Token.client)
        client.initialize(
            to:
                Client(
                    token: token, descriptor: descriptor, acceptor: acceptor, worker: Unmanaged.passUnretained(self),
                    peer: peer))
        guard self.poller.addStream(descriptor, token: token) else {
            Socket.close(descriptor)
            client.deinitialize(count: 1)
            return self.clientCells.deallocate(client)
        }
        self.link(client)
        acceptor.pointee.connections += 1
        self.counters.clientConnections += 1
        self.setTimer(client, after: acceptor.pointee.settings.headerTimeout)
        if acceptor.pointee.connections > acceptor.pointee.settings.maxConnections {
            self.counters.connectionsRefused += 1
            self.refuse(client, .tooManyConnections)
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
        client.pointee.state = .closed
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
