import CCrypto

/// A SHA-256 digest (FIPS 180-4); the one place where the C library computes one.
struct SHA256Digest: Hashable, Sendable {
    /// The digest's bytes, as big-endian words.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(of bytes: UnsafeRawBufferPointer) {
        let digest = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { output in
            output.initializeMemory(as: UInt8.self, repeating: 0)
            _ = CCrypto.SHA256(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
                output.baseAddress?.assumingMemoryBound(to: UInt8.self))
            return (0..<4).map { UInt64(bigEndian: output.load(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        self.words = (digest[0], digest[1], digest[2], digest[3])
    }

    init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { SHA256Digest(of: $0) }
    }

    /// Of the bytes of other digests, one after the other.
    init(of digests: [SHA256Digest]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digests.count * 32)
        for digest in digests { digest.append(to: &bytes) }
        self.init(of: bytes)
    }

    /// The first bits, as a number below 2 to the power of `count`.
    func prefix(bits count: Int) -> Int { Int(truncatingIfNeeded: self.words.0 >> UInt64(64 - count)) }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        self.append(to: &bytes)
        return bytes
    }

    private func append(to bytes: inout [UInt8]) {
        for word in [self.words.0, self.words.1, self.words.2, self.words.3] {
            withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
        }
    }

    static func == (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) { hasher.combine(self.words.0) }
}

extension SHA256Digest: Comparable {
    static func < (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words < right.words }
}
