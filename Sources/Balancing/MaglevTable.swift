/// Maglev's lookup table (Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer", 2016,
/// section 3.4): a key always finds the same endpoint, and when one comes or goes little more than its share moves.
///
/// Keys and the order in which endpoints fill the table are hashed without a seed: all workers of all replicas agree.
struct MaglevTable {
    /// Primes: the table has a hundred entries for each endpoint at least.
    private static let sizes = [1009, 4099, 16_381, 65_537, 262_147]

    private let entries: [Int32]

    init() { self.entries = [] }

    init(_ places: [Int32], _ weights: [Int], _ keys: [UInt64]) {
        let largest = weights.max() ?? 0
        guard largest > 0, let size = Self.sizes.first(where: { $0 >= places.count * 100 }) ?? Self.sizes.last else {
            self.entries = []
            return
        }
        // In the order of their keys: places differ from replica to replica.
        let order = places.indices.sorted { keys[$0] < keys[$1] }
        var fillers = order.map {
            Filler(place: places[$0], share: Double(weights[$0]) / Double(largest), key: keys[$0], size)
        }
        var entries = [Int32](repeating: -1, count: size)
        var filled = 0
        while filled < size {
            for index in fillers.indices {
                fillers[index].credit += fillers[index].share
                guard fillers[index].credit >= 1 else { continue }
                fillers[index].credit -= 1
                guard let entry = fillers[index].next(free: entries) else { continue }
                entries[entry] = fillers[index].place
                filled += 1
                if filled == size { break }
            }
        }
        self.entries = entries
    }

    func place(for key: UInt64) -> Int? {
        guard !self.entries.isEmpty else { return nil }
        return Int(self.entries[self.index(key)])
    }

    /// The first one behind the key's that fits.
    func place(for key: UInt64, where fits: (Int) -> Bool) -> Int? {
        guard !self.entries.isEmpty else { return nil }
        var index = self.index(key)
        for _ in 0..<min(self.entries.count, 4096) {
            let place = Int(self.entries[index])
            if fits(place) { return place }
            index = index + 1 == self.entries.count ? 0 : index + 1
        }
        return nil
    }

    private func index(_ key: UInt64) -> Int {
        Int(key.mixed.multipliedFullWidth(by: UInt64(self.entries.count)).high)
    }
}

/// An endpoint that fills the table in an order of its own.
private struct Filler {
    let place: Int32
    let share: Double
    var credit = 0.0
    private var position: Int
    private let skip: Int
    private let size: Int

    init(place: Int32, share: Double, key: UInt64, _ size: Int) {
        self.place = place
        self.share = share
        self.size = size
        self.position = Int(truncatingIfNeeded: key.mixed % UInt64(size))
        self.skip = Int(truncatingIfNeeded: (key ^ 0x9E37_79B9_7F4A_7C15).mixed % UInt64(size - 1)) + 1
    }

    mutating func next(free entries: [Int32]) -> Int? {
        for _ in 0..<self.size {
            let entry = self.position
            self.position = (self.position + self.skip) % self.size
            if entries[entry] < 0 { return entry }
        }
        return nil
    }
}

extension UInt64 {
    /// All bits of the result depend on all of these (SplitMix64's finish, Steele 2014).
    var mixed: UInt64 {
        var bits = self
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
