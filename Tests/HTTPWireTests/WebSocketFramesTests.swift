import HTTPWire
import Testing

@Suite("Frames of a WebSocket")
struct WebSocketFramesTests {
    /// The offsets at which frames end, when the bytes come in pieces of `size`.
    private func ends(_ bytes: [UInt8], size: Int) -> [Int] {
        var frames = WebSocketFrames()
        var ends: [Int] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            var offset = 0
            while offset < piece.count {
                offset = frames.advance(piece.span, from: offset)
                if frames.isBetweenFrames { ends.append(start + offset) }
            }
        }
        return ends
    }

    @Test("Their ends are the same however the bytes are cut", arguments: [1, 2, 3, 7, 1000, 1_000_000])
    func cuts(_ size: Int) {
        let short: [UInt8] = [0x81, 0x02, 0x68, 0x69]
        let empty: [UInt8] = [0x89, 0x00]
        let masked: [UInt8] = [0x82, 0x81, 1, 2, 3, 4, 0x55]
        let maskedEmpty: [UInt8] = [0x8A, 0x80, 1, 2, 3, 4]
        let middle: [UInt8] = [0x82, 126, 0x01, 0x00] + [UInt8](repeating: 0x88, count: 256)
        let large: [UInt8] = [0x02, 127, 0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 0x88, count: 65536)
        let all = [short, empty, masked, maskedEmpty, middle, large, short]
        var expected: [Int] = []
        for frame in all { expected.append((expected.last ?? 0) + frame.count) }
        #expect(ends(all.flatMap { $0 }, size: size) == expected)
    }

    @Test("A close frame is known once it has ended, and not by its first byte in a message")
    func close() {
        var frames = WebSocketFrames()
        let message: [UInt8] = [0x82, 0x02, 0x88, 0x00]
        #expect(frames.advance(message.span, from: 0) == 4)
        #expect(!frames.hasClosed)
        let head: [UInt8] = [0x88, 0x02, 0x03]
        #expect(frames.advance(head.span, from: 0) == 3)
        #expect(!frames.hasClosed && !frames.isBetweenFrames)
        let rest: [UInt8] = [0xE9]
        #expect(frames.advance(rest.span, from: 0) == 1)
        #expect(frames.hasClosed && frames.isBetweenFrames)
    }

    @Test("The largest length that can be written is followed")
    func largest() {
        var frames = WebSocketFrames()
        let head = [0x82, 127] + [UInt8](repeating: 0xFF, count: 8)
        #expect(frames.advance(head.span, from: 0) == head.count)
        let body = [UInt8](repeating: 0, count: 1000)
        #expect(frames.advance(body.span, from: 10) == 1000)
        #expect(!frames.isBetweenFrames)
    }
}

@Suite("Base64")
struct Base64Tests {
    @Test(
        "Test vectors of RFC 4648 section 10, and the last two digits",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(_ plain: String, _ encoded: String) {
        #expect(String(decoding: Array(plain.utf8).base64, as: UTF8.self) == encoded)
        #expect(String(decoding: [0xFB, 0xFF, 0xFE].base64, as: UTF8.self) == "+//+")
    }
}
