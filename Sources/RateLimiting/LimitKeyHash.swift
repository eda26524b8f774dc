/// A hash of a key's parts that nobody can foresee who does not know the seed: SipHash with one round for each word and three at
/// the end (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
///
/// A part is told by its length and its words, so that the same bytes, split otherwise, are another key.
package struct LimitKeyHash {
    private var v0, v1, v2, v3: UInt64
    private var words: UInt64 = 0

    /// - Parameter seed: secret where keys come from strangers.
    package init(_ seed: UInt64) { self.init(seed, seed ^ 0xA5A5_3C3C_9696_0F0F) }

    init(_ first: UInt64, _ second: UInt64) {
        self.v0 = first ^ 0x736F_6D65_7073_6575
        self.v1 = second ^ 0x646F_7261_6E64_6F6D
        self.v2 = first ^ 0x6C79_6765_6E65_7261
        self.v3 = second ^ 0x7465_6462_7974_6573
    }

    package mutating func append(bytes: UnsafeRawBufferPointer) {
        self.append(word: UInt64(bytes.count))
        var offset = 0
        while bytes.count &- offset >= 8 {
            self.append(word: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset &+= 8
        }
        guard offset < bytes.count else { return }
        var last: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            last |= UInt64(bytes[offset]) << shift
            shift &+= 8
            offset &+= 1
        }
        self.append(word: last)
    }

    package mutating func append(word: UInt64) {
        self.v3 ^= word
        self.round()
        self.v0 ^= word
        self.words &+= 1
    }

    /// A part that is not there, which an empty one is.
    package mutating func appendAbsent() { self.append(word: .max) }

    package func finish() -> UInt64 {
        var hash = self
        hash.append(word: self.words << 59)
        return hash.result()
    }

    mutating func result() -> UInt64 {
        self.v2 ^= 0xFF
        for _ in 0..<3 { self.round() }
        return self.v0 ^ self.v1 ^ self.v2 ^ self.v3
    }

    private mutating func round() {
        self.v0 &+= self.v1
        self.v1 = self.v1 << 13 | self.v1 >> 51
        self.v1 ^= self.v0
        self.v0 = self.v0 << 32 | self.v0 >> 32
        self.v2 &+= self.v3
        self.v3 = self.v3 << 16 | self.v3 >> 48
        self.v3 ^= self.v2
        self.v0 &+= self.v3
        self.v3 = self.v3 << 21 | self.v3 >> 43
        self.v3 ^= self.v0
        self.v2 &+= self.v1
        self.v1 = self.v1 << 17 | self.v1 >> 47
        self.v1 ^= self.v2
        self.v2 = self.v2 << 32 | self.v2 >> 32
    }
}
