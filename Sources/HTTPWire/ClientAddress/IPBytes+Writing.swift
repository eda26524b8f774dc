extension ByteWriter {
    /// The canonical text: dotted numbers, or RFC 5952 section 4. At most 39 bytes; no brackets.
    package mutating func append(_ address: IPBytes) {
        if address.isIPv4 {
            for index in 12..<16 {
                if index > 12 { self.append(0x2E as UInt8) }
                self.append(decimal: UInt64(address[index]))
            }
            return
        }
        let zeros = address.longestZeroRun
        var group = 0
        while group < 8 {
            if group == zeros.lowerBound, !zeros.isEmpty {
                self.append("::")
                group = zeros.upperBound
                continue
            }
            if group > 0, group != zeros.upperBound || zeros.isEmpty { self.append(0x3A as UInt8) }
            self.append(hex: UInt64(address.group(group)))
            group += 1
        }
    }
}

extension IPBytes {
    fileprivate func group(_ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: self.bits &>> UInt128((7 &- index) &* 16))
    }

    /// The first of the longest runs of at least two zero groups; empty when there is none.
    fileprivate var longestZeroRun: Range<Int> {
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, self.group(end) == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = end + 1
        }
        return longest
    }
}

extension IPBytes: CustomStringConvertible {
    /// The canonical text; for tests and logs, as it allocates.
    package var description: String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 40) { memory in
            guard let base = memory.baseAddress else { return "" }
            var writer = ByteWriter(base, capacity: memory.count)
            writer.append(self)
            return String(decoding: UnsafeBufferPointer(start: base, count: writer.count), as: UTF8.self)
        }
    }
}
