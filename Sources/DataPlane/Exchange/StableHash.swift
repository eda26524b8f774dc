import HTTPWire

/// FNV-1a with a final mix: the same for the same bytes in every process and on every machine. No secret, and no defence against
/// those who choose the bytes: they can choose their endpoint anyway.
struct StableHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { self.state = (self.state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    var value: UInt64 {
        let hash = (self.state ^ self.state >> 32) &* 0xD6E8_FEB8_6659_FD93
        return hash ^ hash >> 32
    }

    static func of(_ bytes: Span<UInt8>) -> UInt64 {
        var hash = StableHash()
        for index in bytes.indices { hash.add(bytes[index]) }
        return hash.value
    }
}

extension Span<UInt8> {
    /// Where the value of the first cookie of that name stands in the value of a `Cookie` field.
    func valueOfCookie(_ name: Span<UInt8>) -> Range<Int>? {
        var start = 0
        while start < self.count {
            while start < self.count, self[start] == 0x20 || self[start] == 0x09 || self[start] == 0x3B { start += 1 }
            var end = start
            while end < self.count, self[end] != 0x3B { end += 1 }
            let value = start + name.count + 1
            if value <= end, self[value - 1] == 0x3D, self.extracting(start..<(value - 1)).isSame(as: name) {
                var last = end
                while last > value, self[last - 1] == 0x20 || self[last - 1] == 0x09 { last -= 1 }
                return value..<last
            }
            start = end
        }
        return nil
    }

    /// The hash of the decoded value of the first query parameter whose decoded name is this; `nil`: there is none.
    func hash(ofParameter name: Span<UInt8>) -> UInt64? {
        var offset = 0
        while offset < self.count {
            // At `?` or `&`.
            offset += 1
            var matched = 0
            var isSame = true
            while offset < self.count, self[offset] != 0x26, self[offset] != 0x3D {
                let byte = self.decodedByte(&offset)
                if isSame, matched < name.count, name[matched] == byte { matched += 1 } else { isSame = false }
            }
            let isFound = isSame && matched == name.count
            if offset < self.count, self[offset] == 0x3D { offset += 1 }
            var hash = StableHash()
            while offset < self.count, self[offset] != 0x26 { hash.add(self.decodedByte(&offset)) }
            if isFound { return hash.value }
        }
        return nil
    }

    /// One byte of a query as forms encode it; what is no escape stands for itself.
    private func decodedByte(_ offset: inout Int) -> UInt8 {
        let byte = self[offset]
        if byte == 0x25, offset + 2 < self.count, let high = self[offset + 1].hexValue,
            let low = self[offset + 2].hexValue
        {
            offset += 3
            return high << 4 | low
        }
        offset += 1
        return byte == 0x2B ? 0x20 : byte
    }

    private func isSame(as other: Span<UInt8>) -> Bool {
        guard self.count == other.count else { return false }
        for index in self.indices where self[index] != other[index] { return false }
        return true
    }
}
