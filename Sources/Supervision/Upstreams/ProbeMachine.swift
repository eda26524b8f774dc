/// Whether one endpoint is healthy, by what its probes come to; no clock, no I/O.
///
/// ```
///              failures in a row ≥ unhealthyThreshold
///   assumed ─────────────────────────────────────────▶ unhealthy
///      │ successes ≥ healthyThreshold        ▲             │ successes in a row ≥ healthyThreshold
///      └──────────▶ healthy ─────────────────┘◀────────────┘
/// ```
///
/// A new endpoint is assumed to be healthy; its first verdict is told all the same, so that nobody believes an older one.
struct ProbeMachine: Equatable {
    private enum State { case assumed, healthy, unhealthy }

    private var state = State.assumed
    private var successes = 0
    private var failures = 0

    var isHealthy: Bool { self.state != .unhealthy }

    /// - Returns: a new verdict, whether the endpoint is healthy; `nil`: nothing new.
    mutating func probed(isSuccess: Bool, healthyThreshold: Int, unhealthyThreshold: Int) -> Bool? {
        if isSuccess {
            self.failures = 0
            self.successes = min(self.successes, healthyThreshold) + 1
            guard self.state != .healthy, self.successes >= healthyThreshold else { return nil }
            self.state = .healthy
            return true
        }
        self.successes = 0
        self.failures = min(self.failures, unhealthyThreshold) + 1
        guard self.state != .unhealthy, self.failures >= unhealthyThreshold else { return nil }
        self.state = .unhealthy
        return false
    }
}
