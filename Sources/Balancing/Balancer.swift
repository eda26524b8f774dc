package import GatewayModel

/// Chooses an endpoint of an upstream, by weight.
///
/// Everything is laid out when it is made; a choice takes constant time and no memory. Endpoints are known by their index;
/// those of weight 0 are never chosen.
package struct Balancer: ~Copyable {
    private let algorithm: LoadBalancing.Algorithm
    private let weights: [Int]
    private var inFlight: [Int]
    private var sequence: SmoothSequence
    private let lots: WeightedLots

    /// - Parameter weights: one for each endpoint; a negative one counts as 0.
    package init(weights: [Int], algorithm: LoadBalancing.Algorithm) {
        self.algorithm = algorithm
        self.weights = weights.map { max(0, $0) }
        self.inFlight = Array(repeating: 0, count: weights.count)
        let byTurn = algorithm == .roundRobin
        self.sequence = SmoothSequence(weights: byTurn ? self.weights : [])
        self.lots = WeightedLots(weights: byTurn ? [] : self.weights)
    }

    /// The endpoint for the next request.
    ///
    /// - Parameter random: 64 random bits; round robin does not use them.
    /// - Returns: `nil` when no endpoint has a weight.
    package mutating func pick(_ random: UInt64) -> Int? {
        switch self.algorithm {
        case .roundRobin: self.sequence.next()
        case .leastRequest, .random, .consistentHash, .peakEWMA: self.lessBusy(random)
        }
    }

    /// Counts a request that went to an endpoint.
    package mutating func started(_ endpoint: Int) {
        guard self.inFlight.indices.contains(endpoint) else { return }
        self.inFlight[endpoint] &+= 1
    }

    /// Counts a request that is over; what never started takes nothing away.
    package mutating func finished(_ endpoint: Int) {
        guard self.inFlight.indices.contains(endpoint), self.inFlight[endpoint] > 0 else { return }
        self.inFlight[endpoint] &-= 1
    }

    /// The less busy of two endpoints drawn by weight.
    ///
    /// Two choices keep the longest queue short without a scan (Mitzenmacher, "The Power of Two Choices", 2001). The two
    /// are different ones wherever the draw can tell: equal weights always, others unless the same lot comes twice.
    private func lessBusy(_ random: UInt64) -> Int? {
        let (one, other) = self.lots.pair(random)
        guard let one, let other, one != other else { return one ?? other }
        return self.load(other, against: one) < self.load(one, against: other) ? other : one
    }

    /// Requests under way, scaled so that two endpoints of unequal weight compare without a division.
    ///
    /// Idle endpoints are equal, whatever their weight: the draw has already honoured it.
    private func load(_ endpoint: Int, against other: Int) -> Int {
        let (product, overflow) = self.inFlight[endpoint].multipliedReportingOverflow(by: self.weights[other])
        return overflow ? .max : product
    }
}
