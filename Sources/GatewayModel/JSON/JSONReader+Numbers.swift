extension JSONReader {
    /// The number that starts here (RFC 8259 section 6): an integer when it is written as one and fits, else a double.
    mutating func number() throws(JSONError) -> JSON {
        let start = self.offset
        let isNegative = self.current == UInt8(ascii: "-")
        if isNegative { self.offset += 1 }
        let magnitude = try self.integerPart()
        switch self.current {
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): break
        default: if let value = signed(magnitude, isNegative) { return .integer(value) }
        }
        try self.fraction()
        try self.exponent()
        let text = String(decoding: self.bytes[start..<self.offset], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(offset: start, message: "the number is out of range")
        }
        return .double(value)
    }

    /// The digits before point and exponent; `nil` when their value does not fit.
    private mutating func integerPart() throws(JSONError) -> UInt64? {
        guard let first = self.current.decimalDigit else { throw self.failure("a digit is expected") }
        self.offset += 1
        guard first != 0 else {
            guard self.current.decimalDigit == nil else { throw self.failure("a number has a leading zero") }
            return 0
        }
        var value: UInt64? = UInt64(first)
        while let digit = self.current.decimalDigit {
            value = value.flatMap { $0.appending(digit) }
            self.offset += 1
        }
        return value
    }

    private mutating func fraction() throws(JSONError) {
        guard self.current == UInt8(ascii: ".") else { return }
        self.offset += 1
        try self.digits()
    }

    private mutating func exponent() throws(JSONError) {
        guard self.current | 0x20 == UInt8(ascii: "e") else { return }
        self.offset += 1
        if self.current == UInt8(ascii: "+") || self.current == UInt8(ascii: "-") { self.offset += 1 }
        try self.digits()
    }

    private mutating func digits() throws(JSONError) {
        guard self.current.decimalDigit != nil else { throw self.failure("a digit is expected") }
        while self.current.decimalDigit != nil { self.offset += 1 }
    }
}

/// The integer of a sign and a magnitude, when 64 bits hold it.
private func signed(_ magnitude: UInt64?, _ isNegative: Bool) -> Int64? {
    guard let magnitude else { return nil }
    guard isNegative else { return Int64(exactly: magnitude) }
    guard magnitude <= Int64.min.magnitude else { return nil }
    return Int64(truncatingIfNeeded: 0 &- magnitude)
}
