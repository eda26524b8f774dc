import GatewayModel
import Probing

/// Which endpoints are probed, and when; time and randomness are arguments.
///
/// What is known of an endpoint stays for as long as its upstream is probed and has it, whatever else changes.
struct ProbeSchedule {
    /// So near in time, probes are made together.
    static let grain: UInt64 = 10

    /// A verdict that is new.
    struct Verdict: Equatable {
        let isHealthy: Bool
        /// Of the last probe; `nil`: it succeeded.
        let failure: String?
    }

    private struct Entry {
        var settings: ProbeSettings
        var machine = ProbeMachine()
        var dueAt: Instant
        /// When the probe under way began.
        var startedAt: Instant?
    }

    private var entries: [ProbeTarget: Entry] = [:]
    private var targets: [String: Set<ProbeTarget>] = [:]
    /// Nothing is due before.
    private(set) var nextDue: Instant?

    /// - Parameters:
    ///   - settings: `nil`: the upstream is not probed any more.
    ///   - jitter: 0 ..< 1 for each new endpoint, so that they are not all probed in one moment.
    mutating func configure(
        _ upstream: String, _ settings: ProbeSettings?, _ wanted: Set<ProbeTarget>, at now: Instant,
        jitter: () -> Double
    ) {
        let wanted = settings == nil ? [] : wanted
        for target in self.targets[upstream, default: []].subtracting(wanted) { self.entries[target] = nil }
        self.targets[upstream] = wanted.isEmpty ? nil : wanted
        guard let settings else { return }
        for target in wanted {
            if let entry = self.entries[target] {
                self.entries[target]?.settings = settings
                // A shorter interval counts at once.
                let latest = now.advanced(by: settings.check.interval)
                if entry.dueAt > latest { self.entries[target]?.dueAt = latest }
            } else {
                let pause = Double(settings.check.interval) * min(max(jitter(), 0), 1)
                self.entries[target] = Entry(settings: settings, dueAt: now.advanced(by: UInt64(clamped: pause)))
            }
        }
        self.nextDue = now
    }

    /// The probes to make now, at most so many, those first that are due for longest; they have begun.
    mutating func start(atMost most: Int, at now: Instant) -> [(ProbeTarget, ProbeSettings)] {
        guard most > 0, let nextDue, nextDue <= now else { return [] }
        let horizon = now.advanced(by: Self.grain)
        var due: [(target: ProbeTarget, entry: Entry)] = []
        var next: Instant?
        for (target, entry) in self.entries where entry.startedAt == nil {
            if entry.dueAt <= horizon {
                due.append((target, entry))
            } else {
                next = min(next ?? entry.dueAt, entry.dueAt)
            }
        }
        // Who has waited longest comes first, or some would never come.
        if due.count > most { due.sort { $0.entry.dueAt < $1.entry.dueAt } }
        for (target, _) in due.prefix(most) { self.entries[target]?.startedAt = now }
        self.nextDue = due.dropFirst(most).first?.entry.dueAt ?? next
        return due.prefix(most).map { ($0.target, $0.entry.settings) }
    }

    func probes(_ target: ProbeTarget) -> Bool { self.entries[target] != nil }

    /// A probe is over. One whose settings have changed meanwhile says nothing, and is made again at once.
    mutating func finished(
        _ target: ProbeTarget, _ settings: ProbeSettings, failure: String?, at now: Instant
    ) -> Verdict? {
        guard var entry = self.entries[target], let startedAt = entry.startedAt else { return nil }
        let isCurrent = entry.settings == settings
        entry.startedAt = nil
        entry.dueAt = isCurrent ? max(now, startedAt.advanced(by: settings.check.interval)) : now
        self.nextDue = min(self.nextDue ?? entry.dueAt, entry.dueAt)
        let isHealthy =
            isCurrent
            ? entry.machine.probed(
                isSuccess: failure == nil, healthyThreshold: settings.check.healthyThreshold,
                unhealthyThreshold: settings.check.unhealthyThreshold) : nil
        self.entries[target] = entry
        return isHealthy.map { Verdict(isHealthy: $0, failure: failure) }
    }
}

extension UInt64 {
    /// The nearest number, whatever it is.
    fileprivate init(clamped value: Double) {
        self = UInt64(exactly: value.rounded(.down)) ?? (value > 0 ? .max : 0)
    }
}
