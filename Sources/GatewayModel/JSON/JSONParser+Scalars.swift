extension JSONParser {
    /// A string from its opening quote on. The usual one, without escapes, is copied in one piece.
    mutating func string() throws(JSONError) -> String {
        self.position += 1
        let start = self.position
        while let byte = self.peek, byte != 0x22, byte != 0x5C, byte >= 0x20 { self.position += 1 }
        guard self.peek == 0x22 else { return try self.escapedString(from: start) }
        let end = self.position
        self.position += 1
        return try self.text(self.bytes[start..<end], at: start)
    }

    private func text(_ bytes: some Collection<UInt8>, at offset: Int) throws(JSONError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw JSONError(offset: offset, message: "not valid UTF-8")
        }
        return text
    }

    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var output = Array(self.bytes[start..<self.position])
        while let byte = self.peek {
            switch byte {
            case 0x22:
                self.position += 1
                return try self.text(output, at: start)
            case 0x5C:
                self.position += 1
                try self.escape(into: &output)
            case 0..<0x20:
                throw self.error("control character in a string")
            default:
                output.append(byte)
                self.position += 1
            }
        }
        throw self.error("unexpected end of a string")
    }

    private mutating func escape(into output: inout [UInt8]) throws(JSONError) {
        guard let byte = self.peek else { throw self.error("unexpected end of a string") }
        self.position += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: output.append(byte)
        case 0x62: output.append(0x08)
        case 0x66: output.append(0x0C)
        case 0x6E: output.append(0x0A)
        case 0x72: output.append(0x0D)
        case 0x74: output.append(0x09)
        case 0x75: output.append(contentsOf: String(Character(try self.unicodeEscape())).utf8)
        default: throw self.error("unknown escape")
        }
    }

    /// `\uXXXX`, or a surrogate pair of two; a surrogate alone stands for no character and is refused.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let first = try self.fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, self.take(0x5C), self.take(0x75) else { throw self.error("lone surrogate") }
        let second = try self.fourDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw self.error("lone surrogate") }
        return scalar
    }

    private mutating func fourDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = self.peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw self.error("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            self.position += 1
        }
        return value
    }

    /// An integer when it has neither fraction nor exponent and fits 64 bits, else a double that is finite.
    mutating func number() throws(JSONError) -> JSON {
        let start = self.position
        _ = self.take(0x2D)
        let digits = self.position
        guard self.takeDigits() else { throw self.error("expected a digit") }
        guard self.position == digits + 1 || self.bytes[digits] != 0x30 else { throw self.error("leading zero") }
        var isInteger = true
        if self.take(0x2E) {
            isInteger = false
            guard self.takeDigits() else { throw self.error("expected a digit") }
        }
        if self.take(0x65) || self.take(0x45) {
            isInteger = false
            if !self.take(0x2B) { _ = self.take(0x2D) }
            guard self.takeDigits() else { throw self.error("expected a digit") }
        }
        let text = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw self.error("number out of range") }
        return .double(value)
    }

    private mutating func takeDigits() -> Bool {
        let start = self.position
        while let byte = self.peek, (0x30...0x39).contains(byte) { self.position += 1 }
        return self.position > start
    }
}
