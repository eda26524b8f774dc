/// xoshiro256** (Blackman and Vigna, 2018): fast, small and good enough to name requests and choose endpoints; no secret
/// may come from it. Seeded once per worker from the system's source.
struct Random: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seededBy source: inout some RandomNumberGenerator) {
        self.state = (source.next() | 1, source.next(), source.next(), source.next())
    }

    mutating func next() -> UInt64 {
        let result = Self.rotate(self.state.1 &* 5, 7) &* 9
        let shifted = self.state.1 &<< 17
        self.state.2 ^= self.state.0
        self.state.3 ^= self.state.1
        self.state.1 ^= self.state.2
        self.state.0 ^= self.state.3
        self.state.2 ^= shifted
        self.state.3 = Self.rotate(self.state.3, 45)
        return result
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value &<< count | value &>> (64 - count)
    }
}
