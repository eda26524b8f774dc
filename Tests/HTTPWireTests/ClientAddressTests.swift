import HTTPWire
import Testing

@Suite("Client address")
struct ClientAddressTests {
    /// The client of a request with these field lines.
    private func client(_ rule: ClientAddressRule?, peer: String, _ lines: [String]) -> String? {
        guard let rule, let peer = IPBytes(text: peer) else { return nil }
        let bytes = Array(("GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
        var head = RequestHead()
        guard case .complete = head.parse(bytes.span, limits: HeadLimits(bytes: 8192, targetBytes: 512, fields: 50))
        else { return nil }
        return rule.client(peer: peer, fields: head.fields, of: bytes.span).description
    }

    @Test("By default the peer is the client, whatever it says")
    func peer() {
        #expect(client(.peer, peer: "192.0.2.1", ["X-Forwarded-For: 203.0.113.9"]) == "192.0.2.1")
    }

    @Test(
        "Entry N from the right is the client behind N proxies",
        arguments: [
            (0, "a", "10.0.0.1"), (1, "203.0.113.9", "203.0.113.9"), (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            (2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"), (3, "203.0.113.9,10.0.0.3,10.0.0.2", "203.0.113.9"),
            (4, "203.0.113.9,10.0.0.3,10.0.0.2", "10.0.0.1"), (1, "", "10.0.0.1"), (1, ", ,", "10.0.0.1"),
            (2, "203.0.113.9, ,10.0.0.2,", "203.0.113.9"), (1, "203.0.113.9, unknown", "10.0.0.1"),
            (2, "203.0.113.9, unknown", "203.0.113.9"), (1, "203.0.113.9:4711", "203.0.113.9"),
            (1, "[2001:db8::1]:443", "2001:db8::1"), (1, "::ffff:203.0.113.9", "203.0.113.9"),
        ])
    func hops(_ hops: Int, _ value: String, _ expected: String) {
        let rule = ClientAddressRule(trustedHops: hops)
        #expect(client(rule, peer: "10.0.0.1", ["X-Forwarded-For: \(value)"]) == expected)
    }

    @Test("Several lines are one list; other fields are not in it")
    func lines() {
        let lines = [
            "X-Forwarded-For: 198.51.100.1, 203.0.113.9", "X-Forwarded-Host: 1.1.1.1", "x-forwarded-for: 10.0.0.3",
            "X-Forwarded-For:", "X-FORWARDED-FOR: 10.0.0.2",
        ]
        #expect(client(.trustedHops(1), peer: "10.0.0.1", lines) == "10.0.0.2")
        #expect(client(.trustedHops(3), peer: "10.0.0.1", lines) == "203.0.113.9")
        #expect(client(.trustedHops(5), peer: "10.0.0.1", lines) == "10.0.0.1")
        #expect(client(ClientAddressRule(trustedCIDRs: ["10.0.0.0/8"]), peer: "10.0.0.1", lines) == "203.0.113.9")
    }

    @Test(
        "The first address from the right that is not a trusted proxy's is the client",
        arguments: [
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"), ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("192.0.2.1", "203.0.113.9", "192.0.2.1"), ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.4, 10.0.0.3", "10.0.0.4"), ("10.0.0.1", "203.0.113.9, junk, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "203.0.113.9, junk", "10.0.0.1"), ("::ffff:10.0.0.1", "2001:db8::1, fd00::1", "2001:db8::1"),
        ])
    func blocks(_ peer: String, _ value: String, _ expected: String) {
        let rule = ClientAddressRule(trustedCIDRs: ["10.0.0.0/8", "fd00::/8"])
        #expect(client(rule, peer: peer, ["X-Forwarded-For: \(value)"]) == expected)
    }

    @Test("A field holds the client's address, if it is there once and is one")
    func header() {
        let rule = ClientAddressRule(header: "CF-Connecting-IP")
        #expect(client(rule, peer: "10.0.0.1", ["cf-connecting-ip: 203.0.113.9"]) == "203.0.113.9")
        #expect(client(rule, peer: "10.0.0.1", ["CF-Connecting-IP: 2001:db8::1"]) == "2001:db8::1")
        #expect(client(rule, peer: "10.0.0.1", []) == "10.0.0.1")
        #expect(client(rule, peer: "10.0.0.1", ["CF-Connecting-IP: a"]) == "10.0.0.1")
        #expect(client(rule, peer: "10.0.0.1", ["CF-Connecting-IP: 1.1.1.1, 2.2.2.2"]) == "10.0.0.1")
        let twice = ["CF-Connecting-IP: 1.1.1.1", "CF-Connecting-IP: 1.1.1.1"]
        #expect(client(rule, peer: "10.0.0.1", twice) == "10.0.0.1")
        #expect(client(rule, peer: "10.0.0.1", ["CF-Connecting-IPX: 1.1.1.1"]) == "10.0.0.1")
    }

    @Test("Settings that say nothing are refused")
    func refused() {
        #expect(ClientAddressRule(trustedHops: -1) == nil)
        #expect(ClientAddressRule(trustedHops: 256) == nil)
        #expect(ClientAddressRule(trustedCIDRs: []) == nil)
        #expect(ClientAddressRule(trustedCIDRs: ["10.0.0.0/8", "x"]) == nil)
        #expect(ClientAddressRule(header: "") == nil)
        #expect(ClientAddressRule(header: "a b") == nil)
    }
}
