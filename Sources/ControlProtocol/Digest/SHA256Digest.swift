import CCrypto

/// A SHA-256 digest (FIPS 180-4); the one place where the C library computes one.
///
/// Its 32 bytes lie in memory as they were computed, so that digests of digests are hashed where they are.
package struct SHA256Digest: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    package init(of bytes: UnsafeRawBufferPointer) {
        withUnsafeMutableBytes(of: &self.words) { output in
            sluice_sha256(
                bytes.baseAddress, bytes.count, output.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
    }

    package init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { SHA256Digest(of: $0) }
    }

    /// A digest that is known.
    ///
    /// - Returns: `nil` unless the text is 64 hexadecimal digits.
    package init?(hexadecimal text: String) {
        guard text.utf8.count == 64 else { return nil }
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64 else { return nil }
        withUnsafeMutableBytes(of: &self.words) { output in
            for index in 0..<32 {
                output[index] = UInt8(truncatingIfNeeded: digits[2 * index] << 4 | digits[2 * index + 1])
            }
        }
    }

    /// Of the bytes of other digests, one after the other.
    init(of digests: [SHA256Digest]) {
        self = digests.withUnsafeBytes { SHA256Digest(of: $0) }
    }

    /// All 32 of them.
    package var bytes: [UInt8] { withUnsafeBytes(of: self.words) { Array($0) } }

    /// The last 64 bits.
    var lastBits: UInt64 { self.words.3 }

    /// The first bits, as a number below 2 to the power of `count`.
    func prefix(bits count: Int) -> Int {
        Int(truncatingIfNeeded: UInt64(bigEndian: self.words.0) >> UInt64(64 - count))
    }

    package static func == (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.words.0) }
}

extension SHA256Digest: Comparable {
    /// In the order of the bytes.
    package static func < (left: SHA256Digest, right: SHA256Digest) -> Bool { left.ordered < right.ordered }

    private var ordered: (UInt64, UInt64, UInt64, UInt64) {
        (self.words.0.bigEndian, self.words.1.bigEndian, self.words.2.bigEndian, self.words.3.bigEndian)
    }
}
