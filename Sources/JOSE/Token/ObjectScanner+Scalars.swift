import GatewayModel

extension ObjectScanner {
    /// Over the string whose opening quote is the current byte. Its UTF-8 is checked elsewhere, for the whole text at once.
    ///
    /// - Returns: whether it has escapes.
    mutating func string() throws(Stop) -> Bool {
        self.offset &+= 1
        var hasEscapes = false
        while true {
            self.skipPlain()
            switch self.current {
            case UInt8(ascii: "\""):
                self.offset &+= 1
                return hasEscapes
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try self.escape()
            case 0..<0x20: throw .malformed
            default: self.offset &+= 1
            }
        }
    }

    /// Over characters that are neither quotes, backslashes nor controls, eight at a time; fewer than eight stay for the loop.
    @inline(__always)
    private mutating func skipPlain() {
        guard let base = self.bytes.baseAddress else { return }
        while self.offset &+ 8 <= self.bytes.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: self.offset, as: UInt64.self))
            let special =
                zeroBytes(word ^ repeated(UInt8(ascii: "\""))) | zeroBytes(word ^ repeated(UInt8(ascii: "\\")))
                | controls(word)
            if special != 0 {
                self.offset &+= special.trailingZeroBitCount >> 3
                return
            }
            self.offset &+= 8
        }
    }

    /// One escape, whose backslash is the current byte (RFC 8259 section 7).
    private mutating func escape() throws(Stop) {
        self.offset &+= 1
        switch self.current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            self.offset &+= 1
        case UInt8(ascii: "u"):
            let high = try self.fourHexDigits()
            guard high & 0xF800 == 0xD800 else { return }
            guard high < 0xDC00, self.current == UInt8(ascii: "\\") else { throw .malformed }
            self.offset &+= 1
            guard self.current == UInt8(ascii: "u") else { throw .malformed }
            let low = try self.fourHexDigits()
            guard low & 0xFC00 == 0xDC00 else { throw .malformed }
        default: throw .malformed
        }
    }

    private mutating func fourHexDigits() throws(Stop) -> UInt32 {
        self.offset &+= 1
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = self.current.hexDigit else { throw .malformed }
            value = value << 4 | UInt32(digit)
            self.offset &+= 1
        }
        return value
    }

    /// Over the number that starts here (RFC 8259 section 6). Integers of at most 18 digits fit; whether anything else is
    /// within what a double holds, the reader finds out.
    mutating func number() throws(Stop) {
        if self.current == UInt8(ascii: "-") { self.offset &+= 1 }
        let start = self.offset
        try self.digits()
        let count = self.offset &- start
        guard count == 1 || self.bytes[start] != UInt8(ascii: "0") else { throw .malformed }
        var isPlain = count <= 18
        if self.current == UInt8(ascii: ".") {
            isPlain = false
            self.offset &+= 1
            try self.digits()
        }
        if self.current | 0x20 == UInt8(ascii: "e") {
            isPlain = false
            self.offset &+= 1
            if self.current == UInt8(ascii: "+") || self.current == UInt8(ascii: "-") { self.offset &+= 1 }
            try self.digits()
        }
        guard isPlain else { throw .intricate }
    }

    private mutating func digits() throws(Stop) {
        guard self.current.decimalDigit != nil else { throw .malformed }
        while self.current.decimalDigit != nil { self.offset &+= 1 }
    }
}

@inline(__always)
private func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

/// The top bit of each byte that is zero; above the lowest of them others may be set as well.
@inline(__always)
private func zeroBytes(_ word: UInt64) -> UInt64 { (word &- repeated(1)) & ~word & repeated(0x80) }

/// The same for bytes below 0x20.
@inline(__always)
private func controls(_ word: UInt64) -> UInt64 { (word &- repeated(0x20)) & ~word & repeated(0x80) }
