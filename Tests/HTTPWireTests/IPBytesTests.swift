import HTTPWire
import Testing

@Suite("IP addresses")
struct IPBytesTests {
    @Test(
        "An address is written in one form, however it was read (RFC 5952)",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("192.0.2.10", "192.0.2.10"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:0", "::"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:0db8::0001", "2001:db8::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("fe80::a:b:c:d", "fe80::a:b:c:d"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
            ("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"),
            ("::192.0.2.1", "::c000:201"), ("::ffff:0:192.0.2.1", "::ffff:0:c000:201"),
        ])
    func canonical(_ source: String, _ expected: String) throws {
        let address = try #require(IPBytes(text: source))
        #expect(address.description == expected)
        #expect(IPBytes(text: expected) == address)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", ".", ":", "1", "1.2.3", "1.2.3.", ".1.2.3.4", "1.2.3.4.", "1.2.3.4.5", "1..2.3", "01.2.3.4", "1.2.3.04",
            "1.2.3.256", "1.2.3.1000", "1.2.3.4 ", " 1.2.3.4", "1.2.3.a", "0x1.2.3.4", "1.2.3.4:80", "-1.2.3.4",
            ":::", "1:::2", "::1::", "1::2::3", ":1", "1:", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "::1%eth0", "[::1]", "::1.2.3", "::1.2.3.4:5",
            "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4", "localhost", "unknown",
            "0000:0000:0000:0000:0000:0000:0000:0000:0",
        ])
    func refused(_ text: String) {
        #expect(IPBytes(text: text) == nil)
    }

    private func forwarded(_ text: String) -> String? {
        IPBytes(forwarded: Array(text.utf8).span)?.description
    }

    @Test(
        "Brackets and ports, as load balancers write them, do not count",
        arguments: [
            ("192.0.2.1:8080", "192.0.2.1"), ("192.0.2.1:0", "192.0.2.1"), ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:65535", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("192.0.2.1", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:1", "192.0.2.1"),
        ])
    func tolerated(_ text: String, _ expected: String) {
        #expect(forwarded(text) == expected)
    }

    @Test(
        "Other decorations are refused",
        arguments: [
            "", "[", "[]", "[::1", "::1]", "[::1]x", "[::1]:", "[::1]:65536", "[::1]:01", "[192.0.2.1]", "192.0.2.1:",
            "192.0.2.1:65536", "192.0.2.1:80:80", "192.0.2.1 :80", "\"192.0.2.1\"", "for=192.0.2.1", "_hidden",
        ])
    func refusedForwarded(_ text: String) {
        #expect(forwarded(text) == nil)
    }

    @Test("Bytes in network order are an address by their number")
    func networkOrder() {
        #expect(IPBytes(networkOrder: ([192, 0, 2, 1] as [UInt8]).span)?.description == "192.0.2.1")
        let loopback = [UInt8](repeating: 0, count: 15) + [1]
        #expect(IPBytes(networkOrder: loopback.span)?.description == "::1")
        #expect(IPBytes(networkOrder: ([1, 2, 3] as [UInt8]).span) == nil)
        let address = IPBytes(ipv4: 0xC000_0201)
        #expect((12..<16).map { address[$0] } == [192, 0, 2, 1])
    }
}

@Suite("Blocks of addresses")
struct CIDRTests {
    @Test(
        "A block holds what its prefix says",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"), ("10.1.2.3/8", "10.0.0.0", "9.255.255.255"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"), ("192.0.2.1/32", "192.0.2.1", "192.0.2.0"),
            ("0.0.0.0/0", "203.0.113.9", "::1"), ("::/0", "2001:db8::1", "192.0.2.1"),
            ("::/80", "::1", "255.255.255.255"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"), ("::1/128", "::1", "::2"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.1"), ("128.0.0.0/1", "255.0.0.1", "127.0.0.1"),
        ])
    func contains(_ block: String, _ inside: String, _ outside: String) throws {
        let block = try #require(CIDR(text: block))
        let set = CIDRSet([block])
        let (inside, outside) = (try #require(IPBytes(text: inside)), try #require(IPBytes(text: outside)))
        #expect(block.contains(inside) && set.contains(inside))
        #expect(!block.contains(outside) && !set.contains(outside))
    }

    @Test(
        "What is no block is refused",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.0/a",
            "::/129", "::1/", "10/8", "10.0.0.0 /8", "[::1]/128", "10.0.0.0/255.0.0.0",
        ])
    func refused(_ text: String) {
        #expect(CIDR(text: text) == nil)
        #expect(CIDRSet(texts: ["10.0.0.0/8", text]) == nil)
    }

    @Test("A set of blocks that nest, touch and overlap agrees with its blocks one by one")
    func set() throws {
        let texts = [
            "10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "192.0.2.0/25", "192.0.2.128/25", "255.255.255.255/32",
            "2001:db8::/32", "2001:db8:1::/48", "fe80::/10", "ffff::/16", "::1",
        ]
        let blocks = texts.compactMap(CIDR.init(text:))
        let set = try #require(CIDRSet(texts: texts))
        var addresses = blocks.flatMap { [$0.first, $0.last] }
        addresses += addresses.flatMap { [IPBytes(ipv6: $0.bits &+ 1), IPBytes(ipv6: $0.bits &- 1)] }
        for address in addresses {
            #expect(set.contains(address) == blocks.contains { $0.contains(address) }, "\(address)")
        }
        #expect(!CIDRSet([]).contains(addresses[0]))
    }
}
