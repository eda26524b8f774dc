import ControlProtocol
import HTTPWire

/// `Sec-WebSocket-Key` of a request that the gateway itself makes (RFC 6455 section 4.1): the request's own 128 random bits,
/// so that nothing has to be kept to check the answer. The key is no secret; it shows that whoever answers has read it.
struct WebSocketKey {
    let text: [UInt8]

    init(_ id: RequestID) {
        var bytes: [UInt8] = []
        for word in [id.high, id.low] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        self.text = bytes.base64
    }

    /// What a WebSocket server says to this key (RFC 6455 section 4.2.2).
    var accept: [UInt8] {
        SHA1Digest(of: self.text + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)).bytes.base64
    }
}
