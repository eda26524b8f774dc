import HTTPWire
import Testing

@Suite("Request heads")
struct RequestHeadTests {
    @Test("A plain request is understood whole")
    func plain() {
        let source = "POST /a/b?x=1 HTTP/1.1\r\nHost: Example.com:8080\r\nContent-Length: 5\r\nX: y\r\n\r\nhello"
        var head = RequestHead()
        let result = head.parse(Array(source.utf8).span, limits: limits)
        let (method, framing, persists) = (head.method, head.framing, head.persists)
        #expect(result == .complete(end: source.utf8.count - 5))
        #expect(method == .post)
        #expect(text(head.path, of: source) == "/a/b")
        #expect(text(head.query, of: source) == "?x=1")
        #expect(text(head.authority, of: source) == "Example.com:8080")
        #expect(text(head.host, of: source) == "Example.com")
        #expect(framing == .length(5))
        #expect(persists)
    }

    @Test(
        "What two parties could read differently is refused",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost:\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nx_y: 1\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        ])
    func refused(_ source: String) {
        #expect(parseRequest(source) == .refused(.malformed))
    }

    @Test("A version that is not spoken is told apart", arguments: ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9"])
    func version(_ version: String) {
        #expect(parseRequest("GET / \(version)\r\nHost: a\r\n\r\n") == .refused(.unsupportedVersion))
    }

    @Test("Limits hold for target, head and number of fields, and a prefix never passes for longer than the limit")
    func limitsHold() {
        let long = String(repeating: "a", count: 2000)
        #expect(parseRequest("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n") == .refused(.targetTooLong))
        #expect(parseRequest("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n") == .refused(.headTooLarge))
        #expect(parseRequest("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)") == .refused(.headTooLarge))
        let many = String(repeating: "X: y\r\n", count: 25)
        #expect(parseRequest("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n") == .refused(.headTooLarge))
    }

    @Test(
        "However a head is cut, every prefix is incomplete and the whole is complete",
        arguments: [
            "GET /x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: */*\r\n\r\n",
            "\r\nGET / HTTP/1.0\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
            "GET http://example.com?q HTTP/1.1\r\nHost: other\r\n\r\n",
        ])
    func cuts(_ source: String) {
        let bytes = Array(source.utf8)
        var head = RequestHead()
        for count in 0..<bytes.count {
            let result = head.parse(Array(bytes[..<count]).span, limits: limits)
            #expect(result == .incomplete)
        }
        let result = head.parse(bytes.span, limits: limits)
        #expect(result == .complete(end: bytes.count))
    }

    @Test("An absolute target names the host, whatever Host says (RFC 9112 section 3.2.2)")
    func absolute() {
        let source = "GET http://a.example:81/p?q HTTP/1.1\r\nHost: b.example\r\n\r\n"
        var head = RequestHead()
        guard case .complete = head.parse(Array(source.utf8).span, limits: limits) else {
            Issue.record("not complete")
            return
        }
        #expect(text(head.host, of: source) == "a.example")
        #expect(text(head.authority, of: source) == "a.example:81")
        #expect(text(head.path, of: source) == "/p")
    }

    @Test("Persistence follows version and Connection")
    func persistence() {
        let cases: [(String, Bool)] = [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
        ]
        for (source, persists) in cases {
            var head = RequestHead()
            _ = head.parse(Array(source.utf8).span, limits: limits)
            let seen = head.persists
            #expect(seen == persists, "\(source)")
        }
    }

    @Test("Hop-by-hop fields, what Connection names, and what the gateway speaks for are not copied")
    func copied() {
        let source =
            "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n"
            + "B:2 \r\nX-Forwarded-For: 1.2.3.4\r\nX-Request-Id: 7\r\nUpgrade: h2c\r\nC: 3\r\nD: 4\r\n\r\n"
        var head = RequestHead()
        let bytes = Array(source.utf8)
        _ = head.parse(bytes.span, limits: limits)
        #expect(written { $0.append(head.fields, of: bytes.span) } == "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n")
    }

    @Test("A WebSocket is asked for by GET over HTTP/1.1, in both fields, and without a body")
    func webSocket() {
        let fields = "Host: a\r\nConnection: keep-alive, UPGRADE\r\nUpgrade: h2c, WebSocket\r\n"
        let cases: [(String, Bool)] = [
            ("GET / HTTP/1.1\r\n\(fields)\r\n", true),
            ("GET / HTTP/1.1\r\n\(fields)Content-Length: 0\r\n\r\n", true),
            ("GET / HTTP/1.1\r\n\(fields)Content-Length: 1\r\n\r\n", false),
            ("GET / HTTP/1.1\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n", false),
            ("POST / HTTP/1.1\r\n\(fields)\r\n", false),
            ("GET / HTTP/1.0\r\n\(fields)\r\n", false),
            ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websockets\r\n\r\n", false),
        ]
        for (source, asks) in cases {
            var head = RequestHead()
            _ = head.parse(Array(source.utf8).span, limits: limits)
            let seen = head.asksForWebSocket
            #expect(seen == asks, "\(source)")
        }
    }
}
