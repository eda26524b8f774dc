extension UInt8 {
    /// The value of an ASCII digit.
    @inline(__always)
    package var decimalDigit: UInt8? {
        let value = self &- UInt8(ascii: "0")
        return value < 10 ? value : nil
    }

    /// The value of an ASCII hexadecimal digit of either case.
    @inline(__always)
    package var hexDigit: UInt8? {
        if let digit = self.decimalDigit { return digit }
        let value = (self | 0x20) &- UInt8(ascii: "a")
        return value < 6 ? value + 10 : nil
    }

    /// Whether this is `A` to `Z`, `a` to `z` or `0` to `9`.
    package var isASCIIAlphanumeric: Bool {
        self.decimalDigit != nil || (self | 0x20) &- UInt8(ascii: "a") < 26
    }
}

extension UInt64 {
    /// This number with one decimal digit more at its end; `nil` when that does not fit.
    @inline(__always)
    package func appending(_ digit: UInt8) -> UInt64? {
        let (tens, tooLarge) = self.multipliedReportingOverflow(by: 10)
        let (value, carried) = tens.addingReportingOverflow(UInt64(digit))
        return tooLarge || carried ? nil : value
    }
}

extension String {
    /// The text in quotes as JSON would write it, for details of faults.
    package var quoted: String {
        var writer = JSONWriter()
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
