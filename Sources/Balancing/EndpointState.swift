/// What a balancer remembers of a slot.
struct EndpointState {
    var endpoint: BalancedEndpoint
    /// Empty slots keep the count of what is under way: a request may end after its endpoint has gone.
    var isPresent = true
    var isUsable = true
    /// Requests under way.
    var inFlight = 0
    var latency = PeakLatency()
    /// Since when it has been taking load again; `nil`: it has its whole weight.
    var warmsSince: UInt64?
    /// What it is owed in turns of round robin, in weight.
    var credit = 0
    /// The number of its last turn of round robin; 0: none.
    var lastTurn: UInt64 = 0

    init(_ endpoint: BalancedEndpoint) { self.endpoint = endpoint }

    /// Counts for shares of usable endpoints.
    var counts: Bool { self.isPresent && self.endpoint.weight > 0 }

    var isCandidate: Bool { self.counts && self.isUsable }
}

/// How the weight of an endpoint grows after it has come or recovered: linearly, in steps.
struct SlowStart {
    static let steps: UInt64 = 20

    /// Milliseconds; 0: the whole weight at once.
    let window: UInt64

    /// The factor of weights: `steps` is the whole.
    func factor(since start: UInt64?, now: UInt64) -> Int {
        guard self.window > 0 else { return 1 }
        guard let start, now >= start, now &- start < self.window else {
            return start.map { now < $0 } == true ? 1 : Int(Self.steps)
        }
        let (scaled, overflow) = (now &- start).multipliedReportingOverflow(by: Self.steps)
        return overflow ? 1 : Int(truncatingIfNeeded: max(1, scaled / self.window))
    }

    func isOver(since start: UInt64, now: UInt64) -> Bool { now >= start && now &- start >= self.window }

    /// Milliseconds between two steps.
    var step: UInt64 { max(1, self.window / Self.steps) }
}
