import HTTPWire
import Testing

@Suite("Chunked bodies")
struct ChunkDecoderTests {
    private enum Outcome: Equatable {
        case ended(String, rest: String)
        case unfinished(String)
        case invalid
    }

    /// Decodes `text`, handed over in pieces of `size` bytes.
    private func decode(_ text: String, size: Int) -> Outcome {
        var decoder = ChunkDecoder()
        var body: [UInt8] = []
        let all = Array(text.utf8)
        for start in stride(from: 0, to: all.count, by: size) {
            let piece = Array(all[start..<min(start + size, all.count)])
            var offset = 0
            pieces: while true {
                switch decoder.next(piece.span, from: offset) {
                case .data(let range):
                    body += piece[range]
                    offset = range.upperBound
                case .needMore: break pieces
                case .end(let end):
                    return .ended(
                        String(decoding: body, as: UTF8.self),
                        rest: String(decoding: all[(start + end)...], as: UTF8.self))
                case .invalid: return .invalid
                }
            }
        }
        return .unfinished(String(decoding: body, as: UTF8.self))
    }

    @Test("The body is the same however it is cut", arguments: [1, 2, 3, 7, 1000])
    func cuts(_ size: Int) {
        let text = "5\r\nhello\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\nGET"
        #expect(decode(text, size: size) == .ended("hello0123456789", rest: "GET"))
    }

    @Test(
        "Sizes and line ends are read strictly",
        arguments: [
            "+5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n", "-1\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
            "5\nhello\n",
            "5\r\nhelloX", "\r\n", "g\r\n", "fffffffffffffffff\r\n", "0\r\nbad trailer\r\n\r\n", "0\r\n\n",
            "5;a\nb\r\n", "2;\r\naa\r\n", "2;a;\r\naa\r\n",
            "0\r\n: x\r\n\r\n",
        ], [1, 1000])
    func refused(_ text: String, _ size: Int) {
        #expect(decode(text, size: size) == .invalid)
    }

    @Test("A body that breaks off is not complete")
    func unfinished() {
        #expect(decode("5\r\nhel", size: 100) == .unfinished("hel"))
        #expect(decode("5\r\nhello\r\n0\r\n", size: 1) == .unfinished("hello"))
    }
}
