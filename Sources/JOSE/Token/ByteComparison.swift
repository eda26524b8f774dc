/// Whether two runs of bytes are the same.
@inline(__always)
func equalBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard left.count > 0, let first = left.baseAddress, let second = right.baseAddress else { return true }
    var index = 0
    while index &+ 8 <= left.count {
        guard
            first.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                == second.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        else { return false }
        index &+= 8
    }
    while index < left.count {
        guard first.load(fromByteOffset: index, as: UInt8.self) == second.load(fromByteOffset: index, as: UInt8.self)
        else { return false }
        index &+= 1
    }
    return true
}

/// Whether two texts have the same bytes. Swift also takes texts for equal that Unicode calls equivalent; RFC 7519 section 2
/// compares them code point by code point.
func equalText(_ left: String, _ right: String) -> Bool {
    let isEqual = left.utf8.withContiguousStorageIfAvailable { left in
        right.utf8.withContiguousStorageIfAvailable { right in
            equalBytes(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
        }
    }
    return (isEqual ?? nil) ?? left.utf8.elementsEqual(right.utf8)
}

/// Whether a text has these bytes.
func equalText(_ left: UnsafeRawBufferPointer, _ right: StaticString) -> Bool {
    equalBytes(left, UnsafeRawBufferPointer(start: right.utf8Start, count: right.utf8CodeUnitCount))
}

/// The offset of the first such byte from an offset on.
func offset(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = bytes.baseAddress, start >= 0 else { return nil }
    var index = start
    let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
    while index &+ 8 <= bytes.count {
        let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ pattern
        let hit = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
        if hit != 0 { return index &+ hit.trailingZeroBitCount >> 3 }
        index &+= 8
    }
    while index < bytes.count {
        if base.load(fromByteOffset: index, as: UInt8.self) == byte { return index }
        index &+= 1
    }
    return nil
}

/// Whether bytes are UTF-8 (RFC 3629); nearly all are ASCII, which is seen eight at a time.
func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    var index = 0
    while index &+ 8 <= bytes.count {
        guard base.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else { break }
        index &+= 8
    }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
    return rest.allSatisfy { $0 < 0x80 } || String(validating: rest, as: UTF8.self) != nil
}
