/// A seeded hash that grows part by part, so that one pass over a path or host gives the hash of each of its beginnings.
///
/// Eight bytes at a time, and what is left at the end of a segment or label, go through a multiplication to 128 bits that is
/// folded to 64. Seed and factor are secret: those who write routes cannot aim keys at one slot. Benchmark: `scripts/bench routes`.
struct ByteHash: Sendable {
    /// The hash of no bytes.
    let seed: UInt64
    private let factor: UInt64

    init(seed: UInt64, factor: UInt64) {
        self.seed = seed
        self.factor = factor | 1
    }

    static func random() -> ByteHash {
        // Justified: a secret and no decision; no result depends on it but how keys lie in a table.
        ByteHash(seed: .random(in: 0 ... .max), factor: .random(in: 0 ... .max))
    }

    @inline(__always)
    fileprivate func adding(_ word: UInt64, to hash: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: self.factor)
        return product.high ^ product.low ^ self.seed
    }

    /// From the first byte to the last: paths. The hash of a prefix is also that of the beginning of a longer path.
    func forward(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = RunningHash(self)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "/"), index > 0 { hash.cut() }
            hash.add(byte)
        }
        return bytes.isEmpty ? self.seed : hash.cut()
    }

    /// From the last byte to the first: hosts.
    func backward(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = RunningHash(self)
        for (index, byte) in bytes.enumerated().reversed() {
            if byte == UInt8(ascii: "."), index > 0 { hash.cut() }
            hash.add(byte)
        }
        return bytes.isEmpty ? self.seed : hash.cut()
    }
}

/// The hash of the bytes so far, of which the last few wait to be mixed in.
struct RunningHash {
    private let hasher: ByteHash
    private var hash: UInt64
    private var word: UInt64 = 0
    private var waiting = 0

    @inline(__always)
    init(_ hasher: ByteHash) {
        self.hasher = hasher
        self.hash = hasher.seed
    }

    @inline(__always)
    mutating func add(_ byte: UInt8) {
        self.word = self.word << 8 | UInt64(byte)
        self.waiting &+= 1
        if self.waiting == 8 { self.cut() }
    }

    /// Ends a part and gives the hash up to here.
    @inline(__always)
    @discardableResult
    mutating func cut() -> UInt64 {
        self.hash = self.hasher.adding(self.word, to: self.hash)
        self.word = 0
        self.waiting = 0
        return self.hash
    }
}

/// Whether two runs of bytes are the same.
@inline(__always)
func equalBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard left.count > 0, let first = left.baseAddress, let second = right.baseAddress else { return true }
    var index = 0
    while index < left.count {
        guard first.load(fromByteOffset: index, as: UInt8.self) == second.load(fromByteOffset: index, as: UInt8.self)
        else { return false }
        index &+= 1
    }
    return true
}
