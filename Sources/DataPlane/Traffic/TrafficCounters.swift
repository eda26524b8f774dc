import Reactor
import TrafficControl

/// What traffic rules have come to, for metrics.
struct TrafficCounters {
    private struct RateLimit {
        let policy: String
        let isObserved: Bool
        var allowed: UInt64 = 0
        var limited: UInt64 = 0

        mutating func count(isAllowed: Bool) {
            if isAllowed { self.allowed += 1 } else { self.limited += 1 }
        }
    }

    /// By the policy's identity; of one that only observes by its complement.
    private var rateLimits: [UInt64: RateLimit] = [:]
    /// Requests that passed limits on those under way because there was no room to count them.
    var turnsUncounted: UInt64 = 0
    /// Requests that wait for others to end, by policy.
    var waiting: [String: Int] = [:]

    mutating func count(_ rule: RateLimitRule, isAllowed: Bool) {
        let key = rule.observe ? ~rule.identity : rule.identity
        if let place = self.rateLimits.index(forKey: key) {
            return self.rateLimits.values[place].count(isAllowed: isAllowed)
        }
        var first = RateLimit(policy: rule.name, isObserved: rule.observe)
        first.count(isAllowed: isAllowed)
        self.rateLimits[key] = first
    }

    var samples: [MetricSample] {
        var sums: [String: (allowed: UInt64, limited: UInt64, observed: UInt64)] = [:]
        for limit in self.rateLimits.values {
            sums[limit.policy, default: (0, 0, 0)].allowed += limit.allowed
            if limit.isObserved {
                sums[limit.policy, default: (0, 0, 0)].observed += limit.limited
            } else {
                sums[limit.policy, default: (0, 0, 0)].limited += limit.limited
            }
        }
        let requests = sums.flatMap { policy, sum in
            [("allowed", sum.allowed), ("limited", sum.limited), ("observed", sum.observed)].map { result, count in
                MetricSample(
                    "sluice_rate_limit_requests_total", [.init("policy", policy), .init("result", result)],
                    value: Double(count))
            }
        }
        let waiting = self.waiting.map { policy, count in
            MetricSample("sluice_concurrency_waiting", [.init("policy", policy)], value: Double(count))
        }
        return requests + waiting + [
            MetricSample("sluice_concurrency_uncounted_total", value: Double(self.turnsUncounted))
        ]
    }
}
