/// An IPv4 or IPv6 address as a number.
///
/// An IPv4 address is kept as its IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), and a mapped address that arrives
/// as IPv6 is that same value: one client has one value, however its address was written.
package struct IPBytes: Hashable, Sendable {
    package let bits: UInt128

    private static let mappedPrefix: UInt128 = 0xFFFF << 32

    package init(ipv6 bits: UInt128) {
        self.bits = bits
    }

    package init(ipv4 bits: UInt32) {
        self.bits = Self.mappedPrefix | UInt128(bits)
    }

    package var isIPv4: Bool { self.bits &>> 32 == 0xFFFF }

    /// The IPv4 address in host order; meaningful when `isIPv4`.
    package var ipv4: UInt32 { UInt32(truncatingIfNeeded: self.bits) }

    /// Byte `index` of the sixteen in network order; the four of an IPv4 address are the last four.
    package subscript(index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: self.bits &>> UInt128((15 &- index) &* 8))
    }

    /// - Returns: `nil` unless there are four bytes (IPv4) or sixteen (IPv6), in network order.
    package init?(networkOrder bytes: Span<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var bits: UInt128 = 0
        for offset in bytes.indices { bits = bits &<< 8 | UInt128(bytes[offset]) }
        self.bits = bytes.count == 4 ? Self.mappedPrefix | bits : bits
    }
}
