/// A keyed hash of bytes: sixteen at a time go through a multiplication to 128 bits that is folded to 64.
///
/// The key is a secret, so that nobody can aim bytes at one chain of a table. It is no digest: a table compares whole bytes.
/// Benchmark: `scripts/bench tokens`.
struct CredentialHash {
    private let seed: UInt64
    private let factor: UInt64

    init(key: (UInt64, UInt64)) {
        self.seed = key.0
        self.factor = key.1 | 1
    }

    func callAsFunction(_ bytes: UnsafeRawBufferPointer, scope: UInt64) -> UInt64 {
        var hash = fold(self.seed ^ scope, self.factor ^ UInt64(truncatingIfNeeded: bytes.count))
        guard let base = bytes.baseAddress else { return hash }
        var offset = 0
        while offset &+ 16 <= bytes.count {
            let first = base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let second = base.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
            hash = fold(first ^ self.factor, second ^ hash)
            offset &+= 16
        }
        var (first, second): (UInt64, UInt64) = (0, 0)
        while offset < bytes.count {
            second = second << 8 | first >> 56
            first = first << 8 | UInt64(base.load(fromByteOffset: offset, as: UInt8.self))
            offset &+= 1
        }
        return fold(fold(first ^ self.factor, second ^ hash), self.seed)
    }
}

@inline(__always)
private func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}
