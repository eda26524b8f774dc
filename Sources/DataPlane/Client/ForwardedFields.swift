import HTTPWire
import Reactor

/// What the gateway tells upstreams about a client's connection, written once when it is accepted.
struct ForwardedFields {
    /// Whose connection it is, as a number.
    let peer: IPBytes
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
        self.peer = IPBytes(text.span.extracting(0..<count)) ?? IPBytes(ipv4: 0)
    }

    /// - Parameter address: of the client that a balancer has named.
    init(address: IPBytes) {
        var text = InlineArray<46, UInt8>(repeating: 0)
        var count = 0
        var span = text.mutableSpan
        span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var writer = ByteWriter(base, capacity: buffer.count)
            writer.append(address)
            count = writer.count
        }
        self.address = text
        self.addressCount = count
        self.peer = address
    }

    /// The text of the address.
    func writeAddress(into writer: inout ByteWriter) {
        writer.append(self.address.span.extracting(0..<self.addressCount))
    }
}
