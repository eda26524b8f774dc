import Firewall
import TrafficControl

/// What firewalls have come to, for metrics.
struct FirewallCounters {
    /// What became of a request that a firewall was asked about.
    enum Outcome: Int, CaseIterable {
        /// The filter alone showed that nothing is to be found.
        case filtered
        /// All rules were asked, and none matched.
        case clean
        /// Rules matched, and the request is under the threshold.
        case matched
        /// It is over the threshold, and the policy lets it pass all the same.
        case detected
        case refused
        /// It was not scanned, or not to the end.
        case failed
    }

    private struct Policy {
        var outcomes = InlineArray<6, UInt64>(repeating: 0)
        var rules: [Int: UInt64] = [:]
        var otherRules: UInt64 = 0
    }

    /// Rules that are counted one by one, of one policy.
    private static let mostRules = 500

    private var policies: [Policy] = []
    private var places: [String: Int] = [:]
    /// Whose place was looked for last.
    private var last: (rule: FirewallRule, place: Int)?
    /// How long scans took.
    var durations = DurationHistogram()

    mutating func count(_ rule: FirewallRule, _ outcome: Outcome) {
        self.policies[self.place(rule)].outcomes[outcome.rawValue] += 1
    }

    mutating func count(_ rule: FirewallRule, _ verdict: FirewallVerdict) {
        let outcome: Outcome =
            if verdict.isRefused {
                rule.blocks ? .refused : .detected
            } else if verdict.failure != nil {
                .failed
            } else {
                verdict.matches.isEmpty ? .clean : .matched
            }
        self.count(rule, outcome)
        let place = self.place(rule)
        for match in verdict.matches {
            let isNew = self.policies[place].rules[match.rule] == nil
            if isNew, self.policies[place].rules.count >= Self.mostRules {
                self.policies[place].otherRules += 1
            } else {
                self.policies[place].rules[match.rule, default: 0] += 1
            }
        }
    }

    private mutating func place(_ rule: FirewallRule) -> Int {
        if let last = self.last, last.rule === rule { return last.place }
        let place = self.places[rule.name] ?? self.policies.count
        if place == self.policies.count {
            self.policies.append(Policy())
            self.places[rule.name] = place
        }
        self.last = (rule, place)
        return place
    }

    // MARK: Samples

    func samples() -> [MetricSample] {
        self.places.flatMap { name, place in self.samples(name, self.policies[place]) }
            + self.durations.samples("sluice_waf_scan_seconds")
    }

    private func samples(_ name: String, _ policy: Policy) -> [MetricSample] {
        let label = MetricSample.Label("policy", name)
        var samples = Outcome.allCases.map { outcome in
            MetricSample(
                "sluice_waf_requests_total", [label, .init("result", "\(outcome)")],
                value: Double(policy.outcomes[outcome.rawValue]))
        }
        for (rule, count) in policy.rules {
            samples.append(
                MetricSample("sluice_waf_matches_total", [label, .init("rule", "\(rule)")], value: Double(count)))
        }
        if policy.otherRules > 0 {
            samples.append(
                MetricSample(
                    "sluice_waf_matches_total", [label, .init("rule", "other")], value: Double(policy.otherRules)))
        }
        return samples
    }
}
