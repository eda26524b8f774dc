/// Placeholder until the branch `limits` brings its own.
package struct LimitKeyHash {
    private var state: UInt64

    package init(_ seed: UInt64) { self.state = seed ^ 0xCBF2_9CE4_8422_2325 }

    package mutating func append(bytes: UnsafeRawBufferPointer) {
        self.append(word: UInt64(bytes.count))
        for byte in bytes { self.state = (self.state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    package mutating func append(word: UInt64) {
        self.state = (self.state ^ word) &* 0xFF51_AFD7_ED55_8CCD
        self.state ^= self.state >> 33
    }

    package mutating func appendAbsent() { self.append(word: .max) }

    package func finish() -> UInt64 {
        var copy = self
        copy.append(word: 1)
        return copy.state
    }
}
