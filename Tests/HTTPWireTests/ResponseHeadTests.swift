import HTTPWire
import Testing

@Suite("Response heads")
struct ResponseHeadTests {
    private func parse(_ source: String, for method: Method = .get) -> (HeadParse, BodyFraming) {
        var head = ResponseHead()
        let result = head.parse(Array(source.utf8).span, limits: HeadLimits(bytes: 1024, targetBytes: 0, fields: 20))
        return (result, head.framing(for: method))
    }

    @Test("How the body ends depends on status, method and fields (RFC 9112 section 6.3)")
    func framing() {
        let cases: [(String, Method, BodyFraming)] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", .get, .length(3)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", .head, .none),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", .get, .none),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", .get, .none),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .get, .chunked),
            ("HTTP/1.1 200 OK\r\n\r\n", .get, .untilClose),
            ("HTTP/1.0 200 \r\n\r\n", .get, .untilClose),
        ]
        for (source, method, expected) in cases {
            let (result, framing) = parse(source, for: method)
            #expect(result == .complete(end: source.utf8.count), "\(source)")
            #expect(framing == expected, "\(source)")
        }
    }

    @Test(
        "What is not HTTP/1 is refused",
        arguments: [
            "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "ICE/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\nX: y\n\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 000 x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "garbage garbage garbage\r\n",
        ])
    func refused(_ source: String) {
        #expect(parse(source).0 == .refused(.malformed))
    }
}
