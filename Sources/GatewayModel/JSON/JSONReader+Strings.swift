extension JSONReader {
    /// The string whose opening quote is the current byte.
    mutating func string() throws(JSONError) -> String {
        self.offset += 1
        let start = self.offset
        var seen: UInt8 = 0
        while self.offset < self.bytes.count {
            let byte = self.bytes[self.offset]
            switch byte {
            case UInt8(ascii: "\""):
                let text = try self.text(start..<self.offset, isASCII: seen < 0x80)
                self.offset += 1
                return text
            case UInt8(ascii: "\\"):
                return try self.escapedString(from: start)
            case 0..<0x20:
                throw self.failure("a control character must be escaped")
            default:
                seen |= byte
                self.offset += 1
            }
        }
        throw self.failure("a string has no closing quote")
    }

    /// The bytes of a range as text, refused when they are no UTF-8 (RFC 3629).
    ///
    /// Nearly all strings are ASCII, which needs no check; `String(validating:)` looks types up at run time, which is a
    /// fifth of what reading a snapshot costs.
    private func text(_ range: Range<Int>, isASCII: Bool) throws(JSONError) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: self.bytes[range])
        if isASCII { return raw.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) } }
        guard let text = String(validating: raw, as: UTF8.self) else {
            throw JSONError(offset: range.lowerBound, message: "a string is not UTF-8")
        }
        return text
    }

    /// Rare: a string with escapes, put together in the scratch buffer; the current byte is the first backslash.
    @inline(never)
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        self.scratch.removeAll(keepingCapacity: true)
        self.scratch.append(contentsOf: self.bytes[start..<self.offset])
        while self.offset < self.bytes.count {
            let byte = self.bytes[self.offset]
            switch byte {
            case UInt8(ascii: "\""):
                self.offset += 1
                guard let text = String(validating: self.scratch, as: UTF8.self) else {
                    throw JSONError(offset: start, message: "a string is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                try self.escape()
            case 0..<0x20:
                throw self.failure("a control character must be escaped")
            default:
                self.scratch.append(byte)
                self.offset += 1
            }
        }
        throw self.failure("a string has no closing quote")
    }

    /// One escape, whose backslash is the current byte (RFC 8259 section 7).
    private mutating func escape() throws(JSONError) {
        self.offset += 1
        let plain: UInt8
        switch self.current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = self.current
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0C
        case UInt8(ascii: "n"): plain = 0x0A
        case UInt8(ascii: "r"): plain = 0x0D
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"): return try self.unicodeEscape()
        default: throw self.failure("an unknown escape")
        }
        self.scratch.append(plain)
        self.offset += 1
    }

    /// `\uXXXX`, or two of them for a character outside the basic plane; the current byte is the `u`.
    private mutating func unicodeEscape() throws(JSONError) {
        let high = try self.fourHexDigits()
        guard high & 0xF800 == 0xD800 else { return self.append(high) }
        guard high < 0xDC00, self.current == UInt8(ascii: "\\") else { throw self.failure("half a surrogate pair") }
        self.offset += 1
        guard self.current == UInt8(ascii: "u") else { throw self.failure("half a surrogate pair") }
        let low = try self.fourHexDigits()
        guard low & 0xFC00 == 0xDC00 else { throw self.failure("half a surrogate pair") }
        self.append(0x10000 + ((high & 0x3FF) << 10 | low & 0x3FF))
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        self.offset += 1
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = self.current.hexDigit else { throw self.failure("four hexadecimal digits are expected") }
            value = value << 4 | UInt32(digit)
            self.offset += 1
        }
        return value
    }

    private mutating func append(_ scalar: UInt32) {
        guard let scalar = Unicode.Scalar(scalar) else { return }
        self.scratch.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
}
