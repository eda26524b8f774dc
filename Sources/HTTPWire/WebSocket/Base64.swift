extension Array where Element == UInt8 {
    /// Base64 with padding (RFC 4648 section 4).
    package var base64: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((self.count + 2) / 3 * 4)
        for start in stride(from: 0, to: self.count, by: 3) {
            let group = self[start..<Swift.min(start + 3, self.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let digit = UInt8(truncatingIfNeeded: bits >> UInt32(18 - 6 * position)) & 63
                text.append(position <= group.count ? Self.base64Digit(digit) : 0x3D)
            }
        }
        return text
    }

    private static func base64Digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: 0x41 + value
        case 26..<52: 0x61 - 26 + value
        case 52..<62: 0x30 &- 52 &+ value
        case 62: 0x2B
        default: 0x2F
        }
    }
}
