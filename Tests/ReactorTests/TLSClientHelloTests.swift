import Reactor
import Testing

@Suite("ClientHello without a session")
struct TLSClientHelloTests {
    private static func hello() throws -> [UInt8] {
        let buffers = TLSBuffers()
        let session = try #require(try Fixture.client().makeSession(buffers: buffers))
        defer { session.free() }
        #expect(session.startHandshake())
        return Array(buffers.output)
    }

    @Test("Every prefix is incomplete; the whole tells the name and the protocols, in one record or in many")
    func cuts() throws {
        let hello = try Self.hello()
        var split: [UInt8] = []
        for byte in hello.dropFirst(5) { split += [22, 3, 1, 0, 1, byte] }
        for bytes in [hello, split] {
            for count in 0..<bytes.count {
                #expect(ClientHello.parse(Array(bytes.prefix(count)).span) == .incomplete)
            }
            guard case .hello(let offer) = ClientHello.parse(bytes.span) else {
                Issue.record("no hello")
                continue
            }
            #expect(offer.serverName == Array("a.example".utf8))
            #expect(offer.offersHTTP2 && offer.offersHTTP11)
        }
    }

    @Test("Other bytes are no TLS; another handshake message and one too large are malformed, even in part")
    func refusals() {
        #expect(ClientHello.parse(Array("GET / HTTP/1.1".utf8).span) == .notTLS)
        #expect(ClientHello.parse([22, 3, 1, 2, 0, 2].span) == .malformed)
        #expect(ClientHello.parse([22, 3, 1, 2, 0, 1, 255, 255, 255].span) == .malformed)
    }
}
