import HTTPWire
import Testing

@Suite("Accept-Encoding")
struct AcceptEncodingTests {
    private func choose(_ values: [String], _ names: [String] = ["br", "zstd", "gzip"]) -> ContentCoding? {
        var accepted = AcceptEncoding()
        for value in values { accepted.take(Array(value.utf8).span) }
        return ContentCodingOrder(names: names).flatMap { accepted.choose(from: $0) }
    }

    @Test(
        "The highest weight wins, and of equal ones the server's favourite (RFC 9110 section 12.5.3)",
        arguments: [
            ("gzip, deflate, br, zstd", ContentCoding.brotli), ("gzip, zstd", .zstd), ("GZIP", .gzip),
            ("x-gzip", .gzip),
            ("gzip;q=1.0, br;q=0.5", .gzip), ("gzip ; Q=0.8 , br;q=0.9", .brotli), ("*", .brotli), ("*;q=0.1", .brotli),
            ("br;q=0, *", .zstd), ("br;q=0, zstd;q=0, *;q=0.5", .gzip), ("gzip, *;q=0", .gzip),
            ("identity;q=0.5, gzip;q=0.5", .gzip), ("identity;q=0, gzip;q=0.001", .gzip),
            ("gzip;q=0.3, *;q=0.5", .brotli),
            (",,gzip,", .gzip), ("gzip;q=0.", nil), ("gzip;q=1.", .gzip), ("", nil), ("deflate", nil),
            ("identity", nil),
            ("br;q=0", nil), ("gzip;q=0.000", nil), ("*;q=0", nil), ("identity, gzip;q=0.5", nil),
            ("gzip;q=1.1", nil), ("gzip;q=2", nil), ("gzip;q=0.1234", nil), ("gzip;q=", nil), ("gzip;q=a", nil),
            ("gzip;q=-1", nil), ("gzip;level=5", nil), ("gzip;q=1;x=2", nil), ("gzip;;q=1", nil), ("gzip br", nil),
            ("brotli", nil), ("gzip;q=1, gzip;q=0", nil),
        ] as [(String, ContentCoding?)])
    func choice(_ value: String, _ expected: ContentCoding?) {
        #expect(choose([value]) == expected)
    }

    @Test("The server's order and choice of codings count")
    func order() {
        #expect(choose(["gzip, br, zstd"], ["gzip", "br"]) == .gzip)
        #expect(choose(["br"], ["gzip"]) == nil)
        #expect(choose(["*;q=0.5, gzip;q=0.3"], ["gzip"]) == nil)
        #expect(choose(["gzip;q=0.5", "br"]) == .brotli)
        #expect(choose([]) == nil)
    }

    @Test("All lines of a request are read")
    func fields() {
        let lines = "Host: a\r\naccept-encoding: br\r\nAccept: gzip\r\nAccept-Encoding: zstd;q=0\r\n"
        let bytes = Array("GET / HTTP/1.1\r\n\(lines)\r\n".utf8)
        var head = RequestHead()
        _ = head.parse(bytes.span, limits: limits)
        let accepted = AcceptEncoding(head.fields, of: bytes.span)
        #expect(ContentCoding.allCases.map { accepted.weight(of: $0) } == [1000, 0, 0])
    }

    @Test("Names of codings that are unknown, twice or missing are refused")
    func names() {
        #expect(ContentCodingOrder(names: []) == nil)
        #expect(ContentCodingOrder(names: ["gzip", "gzip"]) == nil)
        #expect(ContentCodingOrder(names: ["deflate"]) == nil)
        #expect(ContentCodingOrder(names: ["br", "zstd", "gzip"]) == .all)
    }
}

@Suite("Decision over compression")
struct CompressionDecisionTests {
    private let rule = CompressionRule(
        algorithms: ["br", "gzip"], minBytes: 100, types: ["text/*", "application/json", "image/svg+xml"])

    /// The decision, and the fields as they go to the client.
    private func answer(
        _ fields: String, status: Int = 200, accept: String? = "gzip", rule: CompressionRule? = nil
    ) throws -> (decision: CompressionDecision, fields: String) {
        let bytes = Array(("HTTP/1.1 \(status) X\r\n" + fields + "\r\n").utf8)
        var head = ResponseHead()
        let parsed = head.parse(bytes.span, limits: HeadLimits(bytes: 4096, targetBytes: 0, fields: 50))
        #expect(parsed == .complete(end: bytes.count))
        var accepted = AcceptEncoding()
        if let accept { accepted.take(Array(accept.utf8).span) }
        let decision = try #require(rule ?? self.rule).decide(head, of: bytes.span, for: accepted)
        head.withhold(for: decision, of: bytes.span)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)
        defer { memory.deallocate() }
        var writer = ByteWriter(memory, capacity: 4096)
        writer.append(head.fields, of: bytes.span)
        writer.appendCompression(decision, head: head, of: bytes.span)
        #expect(writer.count <= bytes.count + ByteWriter.compressionRoom)
        return (decision, String(decoding: UnsafeBufferPointer(start: memory, count: writer.count), as: UTF8.self))
    }

    @Test("A compressed response has other fields than the one that came")
    func compressed() throws {
        let (decision, fields) = try answer(
            "Content-Type: text/html; charset=utf-8\r\nContent-Length: 5000\r\nETag: \"abc\"\r\nAccept-Ranges: bytes\r\n"
                + "Content-MD5: x\r\nServer: s\r\n")
        #expect(decision == .compressed(.gzip))
        #expect(
            fields == "Content-Type: text/html; charset=utf-8\r\nServer: s\r\nVary: Accept-Encoding\r\n"
                + "Content-Encoding: gzip\r\nETag: W/\"abc\"\r\n")
    }

    @Test("One that another client would get compressed says that it varies, and nothing else changes")
    func varies() throws {
        let source = "Content-Type: text/html\r\nETag: \"abc\"\r\nAccept-Ranges: bytes\r\n"
        for accept in [nil, "", "deflate", "identity", "gzip;q=0"] {
            let (decision, fields) = try answer(source, accept: accept)
            #expect(decision == .varies)
            #expect(fields == source + "Vary: Accept-Encoding\r\n")
        }
    }

    @Test(
        "What may not be compressed stays as it is",
        arguments: [
            "Content-Type: text/html\r\nContent-Encoding: gzip\r\n",
            "Content-Type: text/html\r\nContent-Encoding: x\r\n",
            "Content-Type: text/html\r\nContent-Length: 99\r\n", "Content-Type: text/html\r\nContent-Length: 0\r\n",
            "Content-Type: text/html\r\nContent-Range: bytes 0-1/2\r\n", "Content-Type: image/png\r\n", "Server: s\r\n",
            "Content-Type: text/html\r\nCache-Control: max-age=1, No-Transform\r\n", "Content-Type:\r\n",
            "Content-Type: text/event-stream\r\n", "Content-Type: application/jsonx\r\n", "Content-Type: text/\r\n",
            "Content-Type: text/html\r\nContent-Type: text/plain\r\n", "Content-Type: text\r\n",
        ])
    func untouched(_ fields: String) throws {
        let (decision, written) = try answer(fields)
        #expect(decision == .untouched)
        #expect(!written.contains("Vary"))
    }

    @Test(
        "Responses without a whole body of their own stay as they are", arguments: [101, 204, 205, 206, 304, 600, 999])
    func statuses(_ status: Int) throws {
        #expect(try answer("Content-Type: text/html\r\n", status: status).decision == .untouched)
    }

    @Test("Errors are compressed too", arguments: [200, 201, 404, 500, 503])
    func errors(_ status: Int) throws {
        #expect(try answer("Content-Type: application/json\r\n", status: status).decision == .compressed(.gzip))
    }

    @Test("Types are compared without case and parameters; families hold all but event streams")
    func types() throws {
        #expect(try answer("Content-Type: Application/JSON ; charset=utf-8\r\n").decision == .compressed(.gzip))
        #expect(try answer("Content-Type: text/x-anything\r\n").decision == .compressed(.gzip))
        let streams = CompressionRule(algorithms: ["gzip"], minBytes: 0, types: ["text/event-stream"])
        #expect(try answer("Content-Type: text/event-stream\r\n", rule: streams).decision == .compressed(.gzip))
    }

    @Test(
        "Accept-Encoding joins what the response varies by",
        arguments: [
            ("Vary: Origin\r\n", "Vary: Origin, Accept-Encoding\r\n"),
            ("Vary: Origin\r\nVary: Cookie\r\n", "Vary: Origin, Cookie, Accept-Encoding\r\n"),
            ("Vary: Origin, accept-encoding\r\n", "Vary: Origin, accept-encoding\r\n"), ("Vary: *\r\n", "Vary: *\r\n"),
            ("Vary:\r\n", "Vary: Accept-Encoding\r\n"),
        ])
    func vary(_ source: String, _ expected: String) throws {
        let type = "Content-Type: text/html\r\n"
        #expect(try answer(type + source, accept: nil).fields == type + expected)
    }

    @Test(
        "A tag becomes weak, once",
        arguments: [
            ("\"a\"", "ETag: W/\"a\"\r\n"), ("W/\"a\"", "ETag: W/\"a\"\r\n"), ("\"\"", "ETag: W/\"\"\r\n"), ("a", ""),
            ("\"", ""), ("W/\"", ""), ("", ""),
        ])
    func tag(_ source: String, _ expected: String) throws {
        let type = "Content-Type: text/html\r\n"
        let fields = try answer(type + "ETag: \(source)\r\n").fields
        #expect(fields == type + "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n" + expected)
    }

    @Test("Rules that name no type or an unknown algorithm are refused")
    func refused() {
        #expect(CompressionRule(algorithms: ["lzma"], minBytes: 0, types: ["text/html"]) == nil)
        for types in [[], ["text"], ["*/*"], ["text/"], ["/html"], ["text/html;q=1"], ["a/b/c"], ["text/ht ml"]] {
            #expect(CompressionRule(algorithms: ["gzip"], minBytes: 0, types: types) == nil)
        }
    }
}
