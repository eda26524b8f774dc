/// Readings of single field values.
extension Span where Element == UInt8 {
    /// `Content-Length`: digits alone, at most 2^63 - 1 (RFC 9110 section 8.6); `nil` for anything else.
    package var contentLength: UInt64? {
        guard !self.isEmpty else { return nil }
        var value: UInt64 = 0
        for offset in self.indices {
            guard self[offset].isDigit else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = product.addingReportingOverflow(UInt64(self[offset] &- 0x30))
            guard !tooLarge, !overflows, sum <= UInt64(Int64.max) else { return nil }
            value = sum
        }
        return value
    }

    /// Calls `visit` with the range of every element of a comma-separated list; empty elements are skipped
    /// (RFC 9110 section 5.6.1.2).
    @inline(__always)
    package func forEachListElement(_ visit: (Range<Int>) -> Void) {
        var offset = 0
        while offset < self.count {
            while offset < self.count, self[offset] == 0x2C || self[offset] == 0x20 || self[offset] == 0x09 {
                offset += 1
            }
            let start = offset
            while offset < self.count, self[offset] != 0x2C { offset += 1 }
            var end = offset
            while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
            if end > start { visit(start..<end) }
        }
    }
}
