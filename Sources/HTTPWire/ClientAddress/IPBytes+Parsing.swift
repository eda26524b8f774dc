extension IPBytes {
    /// Reads an address alone: four decimal numbers without leading zeros, or RFC 4291 section 2.2; no zone, no port.
    package init?(_ text: Span<UInt8>) {
        guard text.count >= 2, text.count <= 45 else { return nil }
        if let bits = Self.dottedQuad(text) {
            self.init(ipv4: bits)
            return
        }
        guard let bits = Self.groups(text) else { return nil }
        self.init(ipv6: bits)
    }

    package init?(text: String) {
        self.init(Array(text.utf8).span)
    }

    /// Reads an entry as load balancers write them into `X-Forwarded-For`: an address, an IPv4 address with `:port`, or an
    /// IPv6 address in brackets with or without `:port`.
    package init?(forwarded text: Span<UInt8>) {
        guard !text.isEmpty else { return nil }
        if text[0] == 0x5B {
            guard let close = text.indices.first(where: { text[$0] == 0x5D }),
                Self.isPortOrNothing(text.extracting((close + 1)..<text.count)),
                let bits = Self.groups(text.extracting(1..<close))
            else { return nil }
            self.init(ipv6: bits)
            return
        }
        let colon = text.indices.first { text[$0] == 0x3A }
        guard let colon, let bits = Self.dottedQuad(text.extracting(0..<colon)) else {
            self.init(text)
            return
        }
        guard Self.isPortOrNothing(text.extracting(colon..<text.count)) else { return nil }
        self.init(ipv4: bits)
    }

    private static func isPortOrNothing(_ text: Span<UInt8>) -> Bool {
        text.isEmpty || (text[0] == 0x3A && text.extracting(1..<text.count).portNumber != nil)
    }

    private static func dottedQuad(_ text: Span<UInt8>) -> UInt32? {
        guard text.count >= 7, text.count <= 15 else { return nil }
        var bits: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for offset in text.indices {
            let byte = text[offset]
            if byte.isDigit {
                guard digits < 3, digits == 0 || part > 0 else { return nil }
                part = part * 10 + UInt32(byte &- 0x30)
                digits += 1
            } else {
                guard byte == 0x2E, digits > 0, part <= 255, dots < 3 else { return nil }
                bits = bits << 8 | part
                dots += 1
                (part, digits) = (0, 0)
            }
        }
        guard dots == 3, digits > 0, part <= 255 else { return nil }
        return bits << 8 | part
    }

    private static func groups(_ text: Span<UInt8>) -> UInt128? {
        var reader = GroupReader()
        var offset = 0
        while offset < text.count {
            if text[offset] == 0x3A {
                // At the start only `::` may stand; elsewhere a second colon here is that of `::`.
                let isDouble = offset == 0
                guard !isDouble || (text.count > 1 && text[1] == 0x3A), reader.compress() else { return nil }
                offset += isDouble ? 2 : 1
                if offset == text.count { break }
            }
            var end = offset
            while end < text.count, text[end] != 0x3A { end += 1 }
            if end == text.count, let quad = Self.dottedQuad(text.extracting(offset..<end)) {
                guard reader.take(UInt16(truncatingIfNeeded: quad &>> 16)),
                    reader.take(UInt16(truncatingIfNeeded: quad))
                else { return nil }
                break
            }
            guard let group = text.extracting(offset..<end).hexGroup, reader.take(group) else { return nil }
            guard end < text.count else { break }
            offset = end + 1
            // A colon ends the text only as the second of `::`.
            guard offset < text.count else { return nil }
        }
        return reader.bits
    }
}

/// The groups of an IPv6 address as they come, and where `::` stood.
private struct GroupReader {
    private var head: UInt128 = 0
    private var tail: UInt128 = 0
    private var count = 0
    private var tailCount = 0
    private var isCompressed = false

    /// `false` for a second `::`.
    mutating func compress() -> Bool {
        guard !self.isCompressed else { return false }
        self.isCompressed = true
        return true
    }

    /// `false` for a ninth group.
    mutating func take(_ group: UInt16) -> Bool {
        guard self.count < 8 else { return false }
        self.count += 1
        if self.isCompressed {
            self.tail = self.tail &<< 16 | UInt128(group)
            self.tailCount += 1
        } else {
            self.head = self.head &<< 16 | UInt128(group)
        }
        return true
    }

    /// `::` stands for one group at least (RFC 4291 section 2.2).
    var bits: UInt128? {
        guard self.isCompressed else { return self.count == 8 ? self.head : nil }
        guard self.count < 8 else { return nil }
        let headCount = self.count - self.tailCount
        return headCount == 0 ? self.tail : self.head &<< UInt128(16 * (8 - headCount)) | self.tail
    }
}

extension Span where Element == UInt8 {
    /// One to four hexadecimal digits.
    fileprivate var hexGroup: UInt16? {
        guard self.count >= 1, self.count <= 4 else { return nil }
        var value: UInt16 = 0
        for offset in self.indices {
            guard let digit = self[offset].hexValue else { return nil }
            value = value &<< 4 | UInt16(digit)
        }
        return value
    }

    /// A decimal number up to 65535 without leading zeros.
    var portNumber: UInt16? {
        guard self.count >= 1, self.count <= 5, self.count == 1 || self[0] != 0x30 else { return nil }
        var value: UInt32 = 0
        for offset in self.indices {
            guard self[offset].isDigit else { return nil }
            value = value * 10 + UInt32(self[offset] &- 0x30)
        }
        return UInt16(exactly: value)
    }
}
