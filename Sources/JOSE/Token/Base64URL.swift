/// Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strictly: one text for each value.
///
/// Eight characters at a time: a token is decoded before anything is known about it, so this must cost little. Benchmark:
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
        var seen: UInt8 = 0
        // A block writes eight bytes, the last two of which are overwritten by the next one.
        while text.count &- offset >= 8, count &- written >= 8 {
            let block = decodeBlock(from + offset, &seen)
            into.storeBytes(of: block.bigEndian, toByteOffset: written, as: UInt64.self)
            offset &+= 8
            written &+= 6
        }
        while offset < text.count {
            // "A" is zero: what is missing in the last block adds nothing.
            var rest = UInt64(littleEndian: 0x4141_4141_4141_4141)
            let taken = min(8, text.count &- offset)
            withUnsafeMutableBytes(of: &rest) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: from + offset, count: taken))
            }
            let block = withUnsafeBytes(of: &rest) { $0.baseAddress.map { decodeBlock($0, &seen) } ?? 0 }
            guard store(block, into, count, &written) else { return false }
            offset &+= 8
        }
        return seen & 0x40 == 0
    }
}

/// The bytes of a block that there is room for; `false` when there is something in the others.
private func store(_ block: UInt64, _ into: UnsafeMutableRawPointer, _ count: Int, _ written: inout Int) -> Bool {
    var rest = block
    for _ in 0..<6 where written < count {
        into.storeBytes(of: UInt8(truncatingIfNeeded: rest >> 56), toByteOffset: written, as: UInt8.self)
        rest <<= 8
        written &+= 1
    }
    return rest == 0
}

/// The six bytes of eight characters at the top of a word; sets the bit 0x40 of `seen` when one is not of the alphabet.
@inline(__always)
private func decodeBlock(_ characters: UnsafeRawPointer, _ seen: inout UInt8) -> UInt64 {
    let numbers = digits.utf8Start
    var block: UInt64 = 0
    for place in 0..<8 {
        let number = numbers[Int(characters.load(fromByteOffset: place, as: UInt8.self))]
        seen |= number
        block = block << 6 | UInt64(number & 0x3F)
    }
    return block << 16
}

/// The number of each of 256 characters, or "@", which is 64, for those that have none. A literal, so that it is constant
/// memory and costs no check of whether it has been made.
private let digits: StaticString = """
    @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@>@@456789:;<=@@@@@@@\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\
    \u{6}\u{7}\u{8}\u{9}\u{A}\u{B}\u{C}\u{D}\u{E}\u{F}\u{10}\u{11}\u{12}\u{13}\u{14}\u{15}\u{16}\
    \u{17}\u{18}\u{19}@@@@?@\u{1A}\u{1B}\u{1C}\u{1D}\u{1E}\u{1F} !\"#$%&'()*+,-./0123@@@@@\
    @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\
    @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
    """
