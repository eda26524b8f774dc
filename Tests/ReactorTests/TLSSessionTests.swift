import Reactor
import Testing

@Suite("TLS sessions in memory")
struct TLSSessionTests {
    @Test("A handshake agrees on TLS 1.3 and on the server's first protocol", arguments: [1, Int.max])
    func handshake(_ step: Int) throws {
        let pair = try TLSPair(try Fixture.server(), try Fixture.client())
        pair.shake(step: step)
        #expect(pair.server.isEstablished && pair.client.isEstablished)
        #expect(pair.server.version.description == "TLSv1.3")
        #expect(pair.server.alpn == .http2 && pair.client.alpn == .http2)
        #expect(!pair.server.isResumed)
    }

    @Test("An RSA certificate serves as well as an ECDSA one, alone, beside it and at 1.3 only")
    func kinds() throws {
        for (names, version) in [(["rsa"], .v12), (["rsa", "ec"], .v12), (["ec"], .v13)] as [([String], TLSVersion)] {
            let pair = try TLSPair(try Fixture.server(names, minVersion: version), try Fixture.client())
            pair.shake()
            #expect(pair.server.isEstablished && pair.client.isEstablished, "\(names)")
        }
    }

    @Test("A mebibyte arrives, and so does close_notify")
    func bytes() throws {
        let pair = try TLSPair(try Fixture.server(), try Fixture.client())
        pair.shake()
        let bytes = [UInt8](repeating: 65, count: 1 << 20)
        #expect(pair.server.write(bytes, count: bytes.count))
        #expect(pair.toClient() == bytes)
        #expect(pair.client.write(bytes, count: 5000))
        #expect(pair.toServer(step: 1) == Array(bytes.prefix(5000)))
        pair.server.shutdown()
        _ = pair.toClient()
        #expect(pair.clientRead == .ended)
    }

    @Test("A protocol that the server does not speak ends the handshake")
    func protocols() throws {
        let pair = try TLSPair(try Fixture.server(), try Fixture.client(alpn: ["foo"]))
        pair.shake()
        #expect(pair.serverRead == .failed && pair.clientRead == .failed)
        #expect(pair.serverAlert > 0)
        let plain = try TLSPair(try Fixture.server(), try Fixture.client(alpn: []))
        plain.shake()
        #expect(plain.server.isEstablished && plain.server.alpn == .none)
    }

    @Test("Bytes that are no TLS fail the session, for good")
    func garbage() throws {
        let pair = try TLSPair(try Fixture.server(), try Fixture.client())
        var last = TLSRead.wantsMore
        _ = TLSPair.feed([UInt8](repeating: 22, count: 100), to: pair.server, .max, &last)
        #expect(last == .failed)
        #expect(pair.server.failure != nil)
        #expect(!pair.server.write([1], count: 1))
    }

    @Test(
        "The certificate is chosen by exact name, then by wildcard for one label, else the first",
        arguments: [("a.example", true), ("b.example", true), ("x.w.example", true), ("x.y.w.example", false)])
    func names(_ name: String, _ good: Bool) throws {
        let pair = try TLSPair(try Fixture.server(["ec", "rsa", "other"]), try Fixture.client(name), serverName: name)
        pair.shake()
        #expect(pair.client.isEstablished == good)
        #expect((pair.client.verificationError == nil) == good)
    }

    @Test("A session resumes under the same keys and context in another listener, not under another context")
    func resumption() throws {
        let keys = Fixture.keys(7)
        for (context, other, resumes) in [
            ([1], keys, true), ([2], keys, false), ([1], Fixture.keys(9, 7), true), ([1], Fixture.keys(9), false),
            ([1], TLSTicketKeys(), false),
        ] as [([UInt8], TLSTicketKeys, Bool)] {
            let client = try Fixture.client()
            try TLSPair(try Fixture.server(keys: keys), client).shake()
            let pair = try TLSPair(try Fixture.server(context: context, keys: other), client)
            pair.shake()
            #expect(pair.server.isEstablished && pair.client.isEstablished)
            #expect(pair.server.isResumed == resumes && pair.client.isResumed == resumes)
        }
    }
}
