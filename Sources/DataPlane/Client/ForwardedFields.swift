import HTTPWire
import Reactor

/// What the gateway tells upstreams about a client's connection, written once when it is accepted.
struct ForwardedFields {
    private(set) var address = InlineArray<46, UInt8>(repeating: 0)
    private(set) var addressCount = 0

    init(peer: SocketAddress) {
        var text = InlineArray<46, UInt8>(repeating: 0)
        var count = 0
        var span = text.mutableSpan
        span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            count = peer.writeHost(into: base, capacity: buffer.count)
        }
        self.address = text
        self.addressCount = count
    }

    /// `X-Forwarded-For` and `X-Forwarded-Proto`. What the client itself sent under these names was dropped.
    func write(into writer: inout ByteWriter) {
        writer.append("X-Forwarded-For: ")
        self.writeAddress(into: &writer)
        writer.append("\r\nX-Forwarded-Proto: http\r\n")
    }

    func writeAddress(into writer: inout ByteWriter) {
        writer.append(self.address.span.extracting(0..<self.addressCount))
    }
}
