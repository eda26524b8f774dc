/// A block of addresses (RFC 4632 section 3.1, RFC 4291 section 2.3).
package struct CIDR: Hashable, Sendable {
    package let first: IPBytes
    package let last: IPBytes

    /// Reads `address/length`, or an address alone for a block of one. Bits behind the prefix are dropped. A block of
    /// IPv4-mapped addresses is the IPv4 block; any wider IPv6 block holds no IPv4 address.
    ///
    /// - Returns: `nil` for anything else, and for a length over 32 (IPv4) or 128 (IPv6).
    package init?(_ text: Span<UInt8>) {
        let slash = text.indices.first { text[$0] == 0x2F } ?? text.count
        let written = text.extracting(0..<slash)
        guard let address = IPBytes(written) else { return nil }
        var hostBits: UInt16 = 0
        if slash < text.count {
            let isDotted = address.isIPv4 && !written.indices.contains { written[$0] == 0x3A }
            let width: UInt16 = isDotted ? 32 : 128
            guard let length = text.extracting((slash + 1)..<text.count).portNumber, length <= width else { return nil }
            hostBits = width - length
        }
        self.init(address, hostBits: hostBits)
    }

    package init?(text: String) {
        self.init(Array(text.utf8).span)
    }

    private init(_ address: IPBytes, hostBits: UInt16) {
        let mask: UInt128 = hostBits >= 128 ? .max : (1 << UInt128(hostBits)) - 1
        self.first = IPBytes(ipv6: address.bits & ~mask)
        self.last = IPBytes(ipv6: address.bits | mask)
    }

    package func contains(_ address: IPBytes) -> Bool {
        address.bits >= self.first.bits && address.bits <= self.last.bits && address.isIPv4 == self.isIPv4
    }

    /// Whether all of it is IPv4.
    package var isIPv4: Bool { self.first.isIPv4 && self.last.isIPv4 }
}
