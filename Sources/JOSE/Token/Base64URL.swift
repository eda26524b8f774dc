/// Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strictly: one text for each value.
///
/// Sixteen characters at a time: a token is decoded before anything is known about it, so this must cost little. Benchmark:
/// `scripts/bench tokens`.
enum Base64URL {
    /// How many bytes so many characters make; `nil` for a count that no bytes have.
    static func count(decoding characters: Int) -> Int? {
        let (groups, rest) = characters.quotientAndRemainder(dividingBy: 4)
        return rest == 1 ? nil : groups * 3 + (rest == 0 ? 0 : rest - 1)
    }

    /// The bytes of a text; `nil` for padding, white space, another alphabet, a length that no bytes have, or bits at the end
    /// that belong to no byte and are not zero.
    static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let count = Self.count(decoding: text.count) else { return nil }
        var isGood = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
            isGood = Self.decode(text, into: UnsafeMutableRawBufferPointer(bytes))
            filled = isGood ? count : 0
        }
        return isGood ? bytes : nil
    }

    /// The same into memory of at least `count(decoding:)` bytes.
    static func decode(_ text: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
        guard let count = Self.count(decoding: text.count), bytes.count >= count else { return false }
        guard count > 0, let from = text.baseAddress, let into = bytes.baseAddress else { return text.isEmpty }
        var offset = 0
        var written = 0
        // A block writes 14 bytes, the last two of which are overwritten by the next one.
        while text.count &- offset >= 16, count &- written >= 14 {
            let block = from.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
            guard let (first, second) = decodeBlock(block) else { return false }
            into.storeBytes(of: first.bigEndian, toByteOffset: written, as: UInt64.self)
            into.storeBytes(of: second.bigEndian, toByteOffset: written &+ 6, as: UInt64.self)
            offset &+= 16
            written &+= 12
        }
        while offset < text.count {
            guard Self.decodeRest(from, text.count, into, count, &offset, &written) else { return false }
        }
        return true
    }

    /// The last block or two, byte by byte.
    private static func decodeRest(
        _ from: UnsafeRawPointer, _ length: Int, _ into: UnsafeMutableRawPointer, _ count: Int, _ offset: inout Int,
        _ written: inout Int
    ) -> Bool {
        // "A" is zero: what is missing in the last block adds nothing.
        var block = SIMD16<UInt8>(repeating: UInt8(ascii: "A"))
        let taken = min(16, length &- offset)
        for index in 0..<taken { block[index] = from.load(fromByteOffset: offset &+ index, as: UInt8.self) }
        guard let (first, second) = decodeBlock(block) else { return false }
        for index in 0..<12 {
            let word = index < 6 ? first : second
            let byte = UInt8(truncatingIfNeeded: word >> UInt64(56 &- 8 &* (index % 6)))
            if written < count {
                into.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
                written &+= 1
            } else if byte != 0 {
                return false
            }
        }
        offset &+= taken
        return true
    }
}

/// The twelve bytes of sixteen characters, six at the top of each word; `nil` when one is not of the alphabet.
@inline(__always)
private func decodeBlock(_ block: SIMD16<UInt8>) -> (UInt64, UInt64)? {
    let fromUpper = block &- UInt8(ascii: "A")
    let fromLower = block &- UInt8(ascii: "a")
    let fromDigit = block &- UInt8(ascii: "0")
    let isUpper = fromUpper .< 26
    let isLower = fromLower .< 26
    let isDigit = fromDigit .< 10
    let isMinus = block .== UInt8(ascii: "-")
    let isLine = block .== UInt8(ascii: "_")
    guard all(isUpper .| isLower .| isDigit .| isMinus .| isLine) else { return nil }
    let values =
        fromUpper
        .replacing(with: fromLower &+ 26, where: isLower)
        .replacing(with: fromDigit &+ 52, where: isDigit)
        .replacing(with: 62, where: isMinus)
        .replacing(with: 63, where: isLine)
    let words = unsafeBitCast(values, to: SIMD2<UInt64>.self)
    return (packed(UInt64(bigEndian: words[0])), packed(UInt64(bigEndian: words[1])))
}

/// Eight numbers of six bits, one in each byte, at the top of a word: by pairs, pairs of pairs, and all.
@inline(__always)
private func packed(_ word: UInt64) -> UInt64 {
    let twelves = (word & 0x3F00_3F00_3F00_3F00) >> 2 | (word & 0x003F_003F_003F_003F)
    let halves = (twelves & 0x0FFF_0000_0FFF_0000) >> 4 | (twelves & 0x0000_0FFF_0000_0FFF)
    let whole = (halves & 0x00FF_FFFF_0000_0000) >> 8 | (halves & 0x0000_0000_00FF_FFFF)
    return whole << 16
}
