/// Character classes of RFC 9110 and RFC 3986 as bit tests: no table in memory, no initialiser to run once.
extension UInt8 {
    /// `tchar` (RFC 9110 section 5.6.2): what methods and field names are made of.
    @inline(__always)
    package var isToken: Bool {
        self.isIn(0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// A byte of a field value: visible, space, tab or obs-text (RFC 9110 section 5.5).
    @inline(__always)
    package var isFieldByte: Bool {
        self >= 0x20 ? self != 0x7F : self == 0x09
    }

    /// A byte that may stand in a request target: visible ASCII without `#`, which starts a fragment and never travels.
    @inline(__always)
    package var isTargetByte: Bool {
        self > 0x20 && self < 0x7F && self != 0x23
    }

    /// `unreserved` (RFC 3986 section 2.3): the bytes that mean the same with and without percent-encoding.
    @inline(__always)
    package var isUnreserved: Bool {
        self.isIn(0x03FF_6000_0000_0000, 0x47FF_FFFE_87FF_FFFE)
    }

    /// `reg-name` without percent-encoding (RFC 3986 section 3.2.2), plus `[`, `]` and `:` for IPv6 literals.
    @inline(__always)
    package var isAuthorityByte: Bool {
        self.isIn(0x2FFF_7FD2_0000_0000, 0x47FF_FFFE_AFFF_FFFE)
    }

    @inline(__always)
    package var isDigit: Bool { self &- 0x30 < 10 }

    /// The value of a hexadecimal digit, `nil` for anything else.
    @inline(__always)
    package var hexValue: UInt8? {
        if self &- 0x30 < 10 { return self &- 0x30 }
        let letter = self | 0x20
        return letter &- 0x61 < 6 ? letter &- 0x61 &+ 10 : nil
    }

    /// A hexadecimal digit in its canonical form (RFC 3986 section 2.1).
    @inline(__always)
    package var uppercasedHexDigit: UInt8 {
        self &- 0x61 < 6 ? self &- 0x20 : self
    }

    @inline(__always)
    package var lowercased: UInt8 {
        self &- 0x41 < 26 ? self | 0x20 : self
    }

    @inline(__always)
    private func isIn(_ low: UInt64, _ high: UInt64) -> Bool {
        guard self < 0x80 else { return false }
        let word = self < 64 ? low : high
        return (word &>> UInt64(self & 63)) & 1 == 1
    }
}
