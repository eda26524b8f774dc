import HTTPWire
import Reactor

extension Worker {
    /// How long and how much is read and dropped after a last answer, so that a reset cannot overtake it.
    private static let linger = (milliseconds: UInt64(2000), bytes: 2 << 20)

    /// The client can take more of what was kept; when all is gone, whatever waited for that goes on.
    func flush(_ client: ClientRef) {
        while let output = client.pointee.output {
            switch Socket.write(client.pointee.descriptor, output.first, count: output.count) {
            case .moved(let moved):
                self.drop(moved, from: &client.pointee.output)
            case .wouldBlock:
                return self.noteOutputProgress(client)
            case .ended, .failed:
                return self.clientLeft(client)
            }
        }
        self.outputIsEmpty(client)
    }

    /// Bytes that were kept have moved.
    private func noteOutputProgress(_ client: ClientRef) {
        if client.pointee.state == .exchange, let exchange = client.pointee.exchanges {
            self.noteProgress(exchange)
        } else {
            self.setTimer(client, after: client.pointee.acceptor.pointee.settings.idleTimeout)
        }
    }

    private func outputIsEmpty(_ client: ClientRef) {
        switch client.pointee.state {
        case .exchange:
            guard let exchange = client.pointee.exchanges else { return }
            if client.pointee.isTunnel { return self.tunnelHasRoom(exchange) }
            self.noteProgress(exchange)
            if let upstream = exchange.pointee.upstream {
                self.readUpstream(upstream)
            } else if exchange.pointee.response.isComplete {
                self.concludeExchange(exchange)
            }
        case .session: self.sessionHasRoom(client)
        case .flushing: self.lastAnswerIsOut(client)
        case .opening, .handshake, .head, .lingering, .closed: break
        }
    }

    /// Ends a connection whose last answer has been handed to the kernel.
    func lastAnswerIsOut(_ client: ClientRef) {
        guard client.pointee.hasUnreadRequest || client.pointee.isReadable || client.pointee.input != nil else {
            return self.close(client)
        }
        client.pointee.state = .lingering
        client.pointee.lingerBudget = Self.linger.bytes
        self.giveBack(&client.pointee.input)
        self.shutdownWrites(client)
        self.setTimer(client, after: Self.linger.milliseconds)
        self.schedule(client)
    }
}
