import Probing
import Synchronization

/// Probes endpoints on a thread of its own; tells only verdicts that are new.
final class ProbeThread: Sendable {
    struct Report: Sendable {
        let target: ProbeTarget
        let verdict: ProbeSchedule.Verdict
    }

    /// Probes since the upstream is probed.
    struct Counts: Sendable {
        var succeeded: UInt64 = 0
        var failed: UInt64 = 0
    }

    private struct Command: Sendable {
        let upstream: String
        let settings: ProbeSettings?
        let targets: Set<ProbeTarget>
    }

    /// So many probes are under way at once.
    private static let concurrency = 256

    private let alarm: WakeUp
    private let commands: Mailbox<Command>
    private let reports: Mailbox<Report>
    private let counts = Mutex<[String: Counts]>([:])

    /// - Parameter wakeUp: rung when a report is there.
    init(wakeUp: WakeUp) throws(SystemError) {
        self.alarm = try WakeUp(blocking: false)
        self.commands = Mailbox(self.alarm)
        self.reports = Mailbox(wakeUp)
        try BackgroundThread.start { self.run() }
    }

    /// - Parameter settings: `nil`: the upstream is not probed any more.
    func configure(_ upstream: String, _ settings: ProbeSettings?, _ targets: Set<ProbeTarget>) {
        self.commands.put(Command(upstream: upstream, settings: settings, targets: targets))
    }

    func takeReports() -> [Report] { self.reports.takeAll() }

    /// By upstream.
    var probes: [String: Counts] { self.counts.withLock { $0 } }

    private func run() {
        guard var prober = Prober() else { return }
        var schedule = ProbeSchedule()
        while true {
            var now = Instant.now()
            self.alarm.wait()
            for command in self.commands.takeAll() {
                schedule.configure(command.upstream, command.settings, command.targets, at: now) {
                    Double.random(in: 0..<1)
                }
                if command.settings == nil { self.counts.withLock { $0[command.upstream] = nil } }
            }
            for (target, settings) in schedule.start(atMost: Self.concurrency - prober.count, at: now) {
                prober.start(target, settings)
            }
            let isFull = prober.count >= Self.concurrency
            let patience = schedule.nextDue.map { max($0.milliseconds(since: now), ProbeSchedule.grain) } ?? 60_000
            let outcomes = prober.wait(
                also: self.alarm.descriptor, milliseconds: isFull ? 60_000 : Int(clamping: min(patience, 60_000)))
            now = .now()
            for outcome in outcomes {
                if schedule.probes(outcome.target) { self.count(outcome) }
                let verdict = schedule.finished(outcome.target, outcome.settings, failure: outcome.failure, at: now)
                if let verdict { self.reports.put(Report(target: outcome.target, verdict: verdict)) }
            }
        }
    }

    private func count(_ outcome: Prober.Outcome) {
        self.counts.withLock { counts in
            if outcome.failure == nil {
                counts[outcome.target.upstream, default: Counts()].succeeded += 1
            } else {
                counts[outcome.target.upstream, default: Counts()].failed += 1
            }
        }
    }
}
