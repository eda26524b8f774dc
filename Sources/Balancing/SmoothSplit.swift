/// Divides requests among shares exactly: in each turn every share gains its weight, the richest is taken and pays the sum.
/// Within one round of turns each share is taken as often as its weight says, and they are interleaved, not in bursts.
package struct SmoothSplit: Sendable {
    private let weights: [Int]
    private let sum: Int
    private var credits: [Int]

    /// - Parameter weights: 0 or less gets nothing.
    package init(weights: [Int]) {
        self.weights = weights.map { max(0, $0) }
        self.sum = self.weights.reduce(0, &+)
        self.credits = Array(repeating: 0, count: weights.count)
    }

    /// The next share; `nil` when none has a weight.
    package mutating func next() -> Int? {
        guard self.sum > 0 else { return nil }
        var richest = -1
        for index in self.weights.indices where self.weights[index] > 0 {
            self.credits[index] &+= self.weights[index]
            if richest < 0 || self.credits[index] > self.credits[richest] { richest = index }
        }
        self.credits[richest] &-= self.sum
        return richest
    }

    /// The share of all requests with that hash.
    package func share(of hash: UInt64) -> Int? {
        guard self.sum > 0 else { return nil }
        var rest = Int(hash.mixed.multipliedFullWidth(by: UInt64(self.sum)).high)
        for index in self.weights.indices {
            rest -= self.weights[index]
            if rest < 0 { return index }
        }
        return nil
    }

    /// Whether a share that was remembered still gets anything.
    package func isTaken(_ share: Int) -> Bool {
        self.weights.indices.contains(share) && self.weights[share] > 0
    }
}
