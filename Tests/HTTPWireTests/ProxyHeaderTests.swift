import HTTPWire
import Testing

@Suite("PROXY protocol")
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private static func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
        self.signature + [command, family, UInt8(rest.count / 256), UInt8(rest.count % 256)] + rest
    }

    private static let ipv4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 7, 0xD4, 0x31, 0x01, 0xBB]
    private static let ipv6: [UInt8] =
        [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [9] + [UInt8](repeating: 1, count: 16)
        + [0xD4, 0x31, 0x01, 0xBB]

    private func parse(_ bytes: [UInt8]) -> ProxyHeader { ProxyHeader(parsing: bytes.span) }
    private func parse(_ text: String) -> ProxyHeader { self.parse(Array(text.utf8)) }

    private static func source(_ address: String, _ port: UInt16) -> ProxiedAddress? {
        IPBytes(text: address).map { ProxiedAddress(address: $0, port: port) }
    }

    private static let goodLines: [(String, ProxiedAddress?)] = [
        ("PROXY TCP4 192.0.2.1 198.51.100.7 54321 443\r\n", source("192.0.2.1", 54321)),
        ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", source("255.255.255.255", 65535)),
        ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", source("0.0.0.0", 0)),
        ("PROXY TCP6 2001:db8::9 ::1 54321 443\r\n", source("2001:db8::9", 54321)),
        ("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n", source("192.0.2.1", 1)),
        (
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            source("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535)
        ),
        ("PROXY UNKNOWN\r\n", nil),
        ("PROXY UNKNOWN ffff::1 whatever it is 1 2\r\n", nil),
    ]

    @Test("A line says who the client is, wherever it is cut", arguments: goodLines)
    func text(_ line: String, _ source: ProxiedAddress?) {
        self.expect(Array(line.utf8), source)
    }

    private static let goodHeaders: [([UInt8], ProxiedAddress?)] = [
        (binary(0x21, 0x11, ipv4), source("192.0.2.1", 54321)),
        (binary(0x21, 0x21, ipv6), source("2001:db8::9", 54321)),
        (binary(0x21, 0x11, ipv4 + [0x04, 0, 2, 9, 9, 0x20, 0, 0]), source("192.0.2.1", 54321)),
        (
            binary(0x21, 0x11, ipv4 + [0xEE, 0x0F, 0x00] + [UInt8](repeating: 7, count: 3840)),
            source("192.0.2.1", 54321)
        ),
        (binary(0x21, 0x00, []), nil),
        (binary(0x21, 0x00, [0x04, 0, 1, 0]), nil),
        (binary(0x21, 0x31, [UInt8](repeating: 0x2F, count: 216)), nil),
        (binary(0x20, 0x00, []), nil),
        (binary(0x20, 0x11, ipv4), nil),
        (binary(0x20, 0x77, [1, 2, 3]), nil),
        // With a checksum in front of another TLV.
        (checksummed(binary(0x21, 0x11, ipv4 + [0x03, 0, 4, 0, 0, 0, 0, 0x04, 0, 1, 9])), source("192.0.2.1", 54321)),
    ]

    @Test("A binary header says who the client is, wherever it is cut", arguments: goodHeaders)
    func binary(_ header: [UInt8], _ source: ProxiedAddress?) {
        self.expect(header, source)
    }

    private func expect(_ header: [UInt8], _ source: ProxiedAddress?) {
        for count in header.indices { #expect(self.parse(Array(header[..<count])) == .incomplete) }
        #expect(self.parse(header) == .header(end: header.count, source: source))
        #expect(self.parse(header + Array("GET / ".utf8)) == .header(end: header.count, source: source))
    }

    @Test(
        "Another protocol is known by the first byte that differs",
        arguments: [
            "G", "PO", "PRI", "PRO ", "PROXYa", "p", "\u{16}", "\r\nA", "\r\n\r\nG", "\r\n\r\n\0\r\nQUIX", "\0",
        ])
    func absent(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(self.parse(bytes) == .absent)
        #expect(self.parse(bytes + Array("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".utf8)) == .absent)
        for count in 0..<(bytes.count - 1) { #expect(self.parse(Array(bytes[..<count])) == .incomplete) }
    }

    @Test(
        "A line that is not exactly right is refused",
        arguments: [
            "PROXY TCP4 192.0.2.1 198.51.100.7 54321 443\n", "PROXY TCP4 192.0.2.1 198.51.100.7 54321 443\rX",
            "PROXY  TCP4 192.0.2.1 198.51.100.7 54321 443\r\n", "PROXY TCP4  192.0.2.1 198.51.100.7 54321 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.7 54321 443 \r\n", "PROXY TCP4 192.0.2.1 198.51.100.7 54321\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n", "PROXY TCP4 192.0.2.1 198.51.100.7 1 99999\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.7 01 443\r\n", "PROXY TCP4 192.0.2.1 198.51.100.7 -1 443\r\n",
            "PROXY TCP4 192.0.2.01 198.51.100.7 1 443\r\n", "PROXY TCP4 192.0.2.256 198.51.100.7 1 443\r\n",
            "PROXY TCP4 192.0.2 198.51.100.7 1 443\r\n", "PROXY TCP4 ::1 ::1 1 443\r\n",
            "PROXY TCP6 192.0.2.1 198.51.100.7 1 443\r\n", "PROXY TCP6 [::1] ::1 1 443\r\n",
            "PROXY TCP6 fe80::1%eth0 ::1 1 443\r\n", "PROXY TCP4 ::ffff:192.0.2.1 ::ffff:192.0.2.1 1 443\r\n",
            "PROXY UDP4 192.0.2.1 198.51.100.7 1 443\r\n", "PROXY tcp4 192.0.2.1 198.51.100.7 1 443\r\n",
            "PROXY UNKNOWNX\r\n", "PROXY \r\n", "PROXY \t\r\n", "PROXY TCP4\r\n",
            "PROXY UNKNOWN " + String(repeating: "x", count: 200), "PROXY UNKNOWN " + String(repeating: "x", count: 93),
            "PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n",
        ])
    func malformedText(_ text: String) {
        #expect(self.parse(text) == .malformed)
    }

    @Test("The longest line has 107 bytes")
    func longestLine() {
        let line = "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n"
        #expect(self.parse(line) == .header(end: 107, source: nil))
    }

    private static let badHeaders: [[UInt8]] = [
        signature + [0x11], signature + [0x22], signature + [0x2F], signature + [0x21, 0x12], signature + [0x21, 0x22],
        signature + [0x21, 0x32], signature + [0x21, 0x41], signature + [0x21, 0x01], signature + [0x21, 0x10],
        binary(0x21, 0x11, Array(ipv4.dropLast())), binary(0x21, 0x21, ipv4), binary(0x21, 0x31, ipv6),
        binary(0x21, 0x11, ipv4 + [4]), binary(0x21, 0x11, ipv4 + [4, 0]), binary(0x21, 0x11, ipv4 + [4, 0, 2, 1]),
        binary(0x21, 0x11, ipv4 + [3, 0, 3, 1, 2, 3]), binary(0x21, 0x11, ipv4 + [3, 0, 4, 1, 2, 3, 4]),
        signature + [0x21, 0x11, 0x0F, 0xF1], signature + [0x20, 0x00, 0xFF, 0xFF],
    ]

    @Test("A binary header that is not exactly right is refused, as soon as that is known", arguments: badHeaders)
    func malformedBinary(_ header: [UInt8]) {
        #expect(self.parse(header) == .malformed)
    }

    /// Fills the checksum TLV that stands right behind the IPv4 addresses.
    private static func checksummed(_ header: [UInt8]) -> [UInt8] {
        var header = header
        let crc = self.crc32c(header)
        for index in 0..<4 { header[31 + index] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - index * 8)) }
        return header
    }

    private static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }

    @Test("A checksum that does not fit is refused, whatever was damaged")
    func checksum() {
        // The check value that is published for this checksum.
        #expect(Self.crc32c(Array("123456789".utf8)) == 0xE306_9283)
        let good = Self.checksummed(Self.binary(0x21, 0x11, Self.ipv4 + [3, 0, 4, 0, 0, 0, 0]))
        #expect(self.parse(good) == .header(end: good.count, source: Self.source("192.0.2.1", 54321)))
        for offset in [16, 20, 26, 31, 34] {
            var damaged = good
            damaged[offset] ^= 1
            #expect(self.parse(damaged) == .malformed)
        }
        var twice = Self.binary(0x21, 0x11, Self.ipv4 + [3, 0, 4, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0])
        twice = Self.checksummed(twice)
        #expect(self.parse(twice) == .malformed)
    }
}
