import HTTPWire
import Reactor

/// WebSockets of a worker that drains: their clients are told to go elsewhere (RFC 6455 section 7.4.1).
extension Worker {
    /// How long a client may take for its own close frame, and the upstream for the end of a frame it is at.
    private static let farewell: UInt64 = 2000

    /// Once, when the worker begins to close connections. Tunnels of bytes have no word for it and go on to the end.
    func leaveTunnels() {
        var cursor = self.clients
        while let client = cursor {
            cursor = client.pointee.next
            var next = client.pointee.exchanges
            while let exchange = next {
                next = exchange.pointee.next
                if exchange.pointee.tunnel?.content == .webSocket { self.leaveTunnel(exchange) }
            }
        }
    }

    /// Says goodbye at once, or between the next two frames.
    func leaveTunnel(_ exchange: ExchangeRef) {
        guard exchange.pointee.tunnel?.isLeaving == false else { return }
        exchange.pointee.tunnel?.isLeaving = true
        exchange.pointee.deadline = self.now &+ Self.farewell
        guard self.sayGoodbyeIfDue(exchange) else { return self.abort(exchange, .clientClosed) }
        self.noteProgress(exchange)
    }

    /// How many of the upstream's bytes the client may have: all, but for one that leaves those of the present frame.
    func followFrames(_ exchange: ExchangeRef, _ base: UnsafePointer<UInt8>, count: Int) -> Int {
        guard var tunnel = exchange.pointee.tunnel, tunnel.content == .webSocket else { return count }
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        var offset = 0
        while offset < count, !(tunnel.isLeaving && tunnel.frames.isBetweenFrames) {
            offset = tunnel.frames.advance(bytes, from: offset)
        }
        exchange.pointee.tunnel = tunnel
        return offset
    }

    /// A close frame with 1001, unless the upstream has sent one. `false`: the connection is broken.
    func sayGoodbyeIfDue(_ exchange: ExchangeRef) -> Bool {
        guard let tunnel = exchange.pointee.tunnel, tunnel.isLeaving, !tunnel.hasSaidGoodbye,
            tunnel.frames.isBetweenFrames, !tunnel.upstreamHasEnded
        else { return true }
        exchange.pointee.tunnel?.hasSaidGoodbye = true
        guard !tunnel.frames.hasClosed else { return true }
        var writer = ByteWriter(self.scratchOut, capacity: 4)
        for byte: UInt8 in [0x88, 0x02, 0x03, 0xE9] { writer.append(byte) }
        return self.send(exchange, writer.base, count: writer.count)
    }
}
