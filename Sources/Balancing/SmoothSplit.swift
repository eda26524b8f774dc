/// Splits requests by weight, exactly: over any run of as many requests as the sum of the weights, each share gets as many
/// as its weight says, and they are interleaved.
///
/// In each turn every share gains its weight, the richest is taken and pays the sum. A turn costs in proportion to the shares.
package struct SmoothSplit: Sendable {
    private let weights: [Int]
    private let sum: Int
    private var credits: [Int]

    /// - Parameter weights: at most 1,000,000 each; a negative one counts as 0.
    package init(weights: [Int]) {
        self.weights = weights.map { min(max(0, $0), 1_000_000) }
        self.sum = self.weights.reduce(0, &+)
        self.credits = Array(repeating: 0, count: weights.count)
    }

    /// The share of the next request.
    ///
    /// - Returns: an index; `nil` when all weights are 0.
    package mutating func next() -> Int? {
        guard self.sum > 0 else { return nil }
        var richest: Int?
        var most = Int.min
        for index in self.weights.indices where self.weights[index] > 0 {
            self.credits[index] &+= self.weights[index]
            if self.credits[index] > most { (richest, most) = (index, self.credits[index]) }
        }
        if let richest { self.credits[richest] &-= self.sum }
        return richest
    }

    /// The share of all requests with the same hash; takes no turn. When weights change, the borders between neighbours move.
    ///
    /// - Parameter hash: without a seed, so that all workers agree; see `KeyHash`.
    package func share(of hash: UInt64) -> Int? {
        var rest = KeyHash.scale(KeyHash.mix(hash), self.sum)
        for index in self.weights.indices {
            if rest < self.weights[index] { return index }
            rest &-= self.weights[index]
        }
        return nil
    }
}
