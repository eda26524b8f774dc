/// A checked `host [":" port]` (RFC 3986 section 3.2, RFC 9110 section 4.2). Holding one is the proof.
package struct Authority: Sendable {
    /// Bytes of the host from the start of the text, without a trailing dot and without the port.
    package let hostCount: Int

    /// - Returns: `nil` for anything that is no authority: empty, user information, empty labels, a port over 65535.
    package init?(_ text: Span<UInt8>) {
        guard !text.isEmpty else { return nil }
        let hostEnd = text[0] == 0x5B ? Self.literalEnd(text) : Self.nameEnd(text)
        guard let hostEnd, Self.isPort(text, from: hostEnd) else { return nil }
        let hasTrailingDot = hostEnd > 1 && text[hostEnd - 1] == 0x2E
        self.hostCount = hasTrailingDot ? hostEnd - 1 : hostEnd
    }

    /// `[` IPv6 `]`: digits, colons and dots, no two dots in a row.
    private static func literalEnd(_ text: Span<UInt8>) -> Int? {
        var offset = 1
        while offset < text.count, text[offset] != 0x5D {
            let byte = text[offset]
            guard byte.hexValue != nil || byte == 0x3A || (byte == 0x2E && text[offset - 1] != 0x2E) else { return nil }
            offset += 1
        }
        return offset < text.count && offset > 2 ? offset + 1 : nil
    }

    /// A registered name or IPv4 address: no empty label but one trailing dot.
    private static func nameEnd(_ text: Span<UInt8>) -> Int? {
        var offset = 0
        var labelCount = 0
        while offset < text.count, text[offset] != 0x3A {
            let byte = text[offset]
            guard byte.isAuthorityByte, byte != 0x5B, byte != 0x5D else { return nil }
            if byte == 0x2E {
                guard labelCount > 0 else { return nil }
                labelCount = 0
            } else {
                labelCount += 1
            }
            offset += 1
        }
        return offset > 0 && offset <= 255 ? offset : nil
    }

    /// Nothing, `:` alone, or `:` and a number up to 65535.
    private static func isPort(_ text: Span<UInt8>, from start: Int) -> Bool {
        guard start < text.count else { return true }
        guard text[start] == 0x3A, text.count - start <= 6 else { return false }
        var port = 0
        for offset in (start + 1)..<text.count {
            guard text[offset].isDigit else { return false }
            port = port * 10 + Int(text[offset] &- 0x30)
        }
        return port <= 65535
    }
}
