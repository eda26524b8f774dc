/// What is in a value that a transformation could change.
struct ValueTraits: OptionSet, Hashable, Sendable {
    let rawValue: UInt16

    static let percent = Self(rawValue: 1 << 0)
    static let plus = Self(rawValue: 1 << 1)
    /// An ampersand before a letter, a digit or `#`.
    static let entity = Self(rawValue: 1 << 2)
    static let backslash = Self(rawValue: 1 << 3)
    static let nul = Self(rawValue: 1 << 4)
    static let highByte = Self(rawValue: 1 << 5)
    /// White space that is not one blank between other bytes.
    static let oddSpace = Self(rawValue: 1 << 6)
    static let space = Self(rawValue: 1 << 7)
    /// `/*`, `*/`, `--`, `#`, `<!`.
    static let comment = Self(rawValue: 1 << 8)
    /// What a command line loses: quotes, carets, commas, semicolons, blanks before `/` and `(`.
    static let command = Self(rawValue: 1 << 9)
    /// Segments of a path that are empty or dots.
    static let dots = Self(rawValue: 1 << 10)
    /// What every value has.
    static let any = Self(rawValue: 1 << 15)

    init(rawValue: UInt16) { self.rawValue = rawValue }

    init(of bytes: UnsafeRawBufferPointer) {
        var bits: UInt16 = 1 << 15
        var last: UInt8 = 0
        for byte in bytes {
            if !Self.isPlain(byte) { bits |= Self.bits(byte, after: last) }
            if last == 0x26, byte.isASCIILetter || byte.isASCIIDigit || byte == 0x23 { bits |= 1 << 2 }
            if last == 0x2F, byte == 0x2E || byte == 0x2F || byte == 0x2A { bits |= byte == 0x2A ? 1 << 8 : 1 << 10 }
            last = byte
        }
        if bytes.first == 0x2E { bits |= 1 << 10 }
        if bytes.first == 0x20 || last == 0x20 { bits |= 1 << 6 }
        self.rawValue = bits
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte.isASCIILetter || byte.isASCIIDigit || byte == 0x5F }

    private static func bits(_ byte: UInt8, after last: UInt8) -> UInt16 {
        switch byte {
        case 0x25: 1 << 0
        case 0x2B: 1 << 1
        case 0x5C: 1 << 3 | 1 << 9 | 1 << 10
        case 0x00: 1 << 4 | 1 << 6
        case 0x80...: 1 << 5 | (byte == 0xA0 || byte == 0x85 ? 1 << 6 | 1 << 7 : 0)
        case 0x09, 0x0A, 0x0B, 0x0C, 0x0D: 1 << 6 | 1 << 7 | 1 << 9
        case 0x20: 1 << 7 | (last == 0x20 ? 1 << 6 : 0)
        case 0x2A: last == 0x2F ? 1 << 8 : 0
        case 0x23: 1 << 8
        case 0x2D: last == 0x2D ? 1 << 8 : 0
        case 0x21: last == 0x3C ? 1 << 8 : 0
        case 0x22, 0x27, 0x5E, 0x2C, 0x3B: 1 << 9
        case 0x2F: (last == 0x20 ? 1 << 9 : 0) | (last == 0x2A ? 1 << 8 : 0) | (last == 0x2E ? 1 << 10 : 0)
        case 0x28: last == 0x20 ? 1 << 9 : 0
        default: 0
        }
    }
}

extension UInt8 {
    var isASCIILetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
    var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
    /// As the C locale has it.
    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }
}
