/// The turns of smooth weighted round robin, worked out beforehand.
///
/// In each turn every endpoint gains its weight, the richest is taken and pays the sum: endpoints are interleaved, not
/// served in bursts. The turns repeat after sum ÷ gcd, so a table holds them all and a turn is one read.
struct SmoothSequence {
    /// Above it weights are rounded to shares of it; each endpoint keeps at least one turn.
    static let longest = 65_536
    /// Steps that working out the turns may take: turns times endpoints.
    private static let effort = 16_777_216

    private let turns: [Int32]
    private var position = 0

    init(weights: [Int]) {
        let endpoints = weights.indices.filter { weights[$0] > 0 }.compactMap { Int32(exactly: $0) }
        let shares = Self.shares(endpoints.map { weights[Int($0)] })
        let isEven = shares.allSatisfy { $0 == 1 }
        self.turns = isEven ? endpoints : Self.interleave(shares).map { endpoints[$0] }
    }

    mutating func next() -> Int? {
        guard self.position < self.turns.count else { return nil }
        let turn = self.turns[self.position]
        self.position = self.position &+ 1 == self.turns.count ? 0 : self.position &+ 1
        return Int(turn)
    }

    /// Turns of each endpoint in one round.
    private static func shares(_ weights: [Int]) -> [Int] {
        let divisor = weights.reduce(0, greatestCommonDivisor)
        let reduced = weights.map { $0 / max(1, divisor) }
        let sum = reduced.reduce(0.0) { $0 + Double($1) }
        let limit = Double(max(1, min(Self.longest, Self.effort / max(1, weights.count))))
        guard sum > limit else { return reduced }
        return reduced.map { max(1, Int((Double($0) / sum * limit).rounded())) }
    }

    private static func interleave(_ shares: [Int]) -> [Int] {
        let sum = shares.reduce(0, &+)
        var credit = Array(repeating: 0, count: shares.count)
        return (0..<sum).map { _ in
            var richest = 0
            for index in shares.indices {
                credit[index] &+= shares[index]
                if credit[index] > credit[richest] { richest = index }
            }
            credit[richest] &-= sum
            return richest
        }
    }
}

private func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    var (larger, smaller) = (left, right)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return larger
}
