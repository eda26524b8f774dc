/// Draws endpoints by weight in constant time.
///
/// Equal weights need no table. Others use the alias method (Walker 1977, Vose 1991): a lot holds an endpoint, a
/// threshold, and the endpoint that takes what is above it.
struct WeightedLots {
    private struct Lot {
        var endpoint: Int32
        var alias: Int32
        /// Of 2³².
        var threshold: UInt64
    }

    private let lots: [Lot]
    private let isEven: Bool

    /// - Parameter weights: one for each slot, above 0.
    init(slots: [Int32], weights: [Int]) {
        self.isEven = Set(weights).count < 2
        self.lots = self.isEven ? slots.map(Self.whole) : Self.lots(slots, weights)
    }

    init() {
        self.lots = []
        self.isEven = true
    }

    /// One draw from 64 random bits.
    func one(_ random: UInt64) -> Int? { self.lots.isEmpty ? nil : self.draw(random >> 32) }

    /// Two draws from the two halves of 64 random bits; different ones when weights are equal and there are two.
    func pair(_ random: UInt64) -> (Int?, Int?) {
        guard !self.lots.isEmpty else { return (nil, nil) }
        let high = random >> 32
        let low = random & 0xFFFF_FFFF
        guard self.isEven, self.lots.count > 1 else { return (self.draw(high), self.draw(low)) }
        let first = Self.scale(high, self.lots.count).index
        let step = Self.scale(low, self.lots.count &- 1).index &+ 1
        let second = (first &+ step) % self.lots.count
        return (Int(self.lots[first].endpoint), Int(self.lots[second].endpoint))
    }

    private func draw(_ bits: UInt64) -> Int {
        let (index, rest) = Self.scale(bits, self.lots.count)
        let lot = self.lots[index]
        return Int(rest < lot.threshold ? lot.endpoint : lot.alias)
    }

    /// 32 random bits as an index below `count`, and what is left of them as a fraction of 2³².
    private static func scale(_ bits: UInt64, _ count: Int) -> (index: Int, rest: UInt64) {
        let product = bits &* UInt64(count)
        return (Int(product >> 32), product & 0xFFFF_FFFF)
    }

    private static func whole(_ endpoint: Int32) -> Lot { Lot(endpoint: endpoint, alias: endpoint, threshold: 1 << 32) }

    private static func lots(_ endpoints: [Int32], _ weights: [Int]) -> [Lot] {
        let sum = weights.reduce(0.0) { $0 + Double($1) }
        var share = weights.map { Double($0) * Double(weights.count) / sum }
        var lots = endpoints.map(Self.whole)
        var small = share.indices.filter { share[$0] < 1 }
        var large = share.indices.filter { share[$0] >= 1 }
        while let poor = small.popLast(), let rich = large.last {
            lots[poor].threshold = UInt64(max(0, share[poor]) * 0x1p32)
            lots[poor].alias = endpoints[rich]
            share[rich] -= 1 - share[poor]
            if share[rich] < 1 { small.append(large.removeLast()) }
        }
        return lots
    }
}
