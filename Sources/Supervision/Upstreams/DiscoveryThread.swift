import GatewayModel
import Resolver

/// Looks names up for as long as somebody wants them, on a thread of its own; tells only what changed and what failed.
final class DiscoveryThread: Sendable {
    /// What came of a lookup.
    struct Report: Sendable {
        let discovery: Discovery
        let result: Result

        enum Result: Sendable {
            case endpoints([UpstreamEndpoint])
            case failed(String)
        }

        /// Without the endpoints that others have followed already: those that went and came again have not changed.
        static func last(_ reports: [Report]) -> [Report] {
            var latest: [Discovery: Int] = [:]
            for (index, report) in reports.enumerated() where report.hasEndpoints { latest[report.discovery] = index }
            return reports.enumerated().filter { !$1.hasEndpoints || latest[$1.discovery] == $0 }.map(\.element)
        }

        private var hasEndpoints: Bool { if case .endpoints = self.result { true } else { false } }
    }

    private enum Command: Sendable {
        case watch(Discovery)
        case forget(Discovery)
    }

    /// So many lookups are under way at once; each has a socket or two.
    private static let concurrency = 64

    private let servers: String?
    private let alarm: WakeUp
    private let commands: Mailbox<Command>
    private let reports: Mailbox<Report>

    /// - Parameter wakeUp: rung when a report is there.
    init(servers: String?, wakeUp: WakeUp) throws(SystemError) {
        self.servers = servers
        self.alarm = try WakeUp(blocking: false)
        self.commands = Mailbox(self.alarm)
        self.reports = Mailbox(wakeUp)
        try BackgroundThread.start { self.run() }
    }

    /// Looks the name up at once, and again and again.
    func watch(_ discovery: Discovery) { self.commands.put(.watch(discovery)) }

    func forget(_ discovery: Discovery) { self.commands.put(.forget(discovery)) }

    func takeReports() -> [Report] { self.reports.takeAll() }

    private func run() {
        var resolver = Resolver(servers: self.servers)
        var schedules: [Discovery: NameSchedule] = [:]
        while true {
            let now = Instant.now()
            for command in self.commands.takeAll() {
                switch command {
                case .watch(let discovery): schedules[discovery] = NameSchedule(discovery, at: now)
                case .forget(let discovery): schedules[discovery] = nil
                }
            }
            for (discovery, answer) in resolver.finished(now: now.milliseconds) {
                guard let outcome = schedules[discovery]?.answered(answer, at: now) else { continue }
                self.report(outcome, of: discovery)
            }
            var patience: UInt64 = resolver.count > 0 ? 1_000 : 60_000
            let idle = schedules.compactMap { discovery, schedule in schedule.dueAt.map { (discovery, dueAt: $0) } }
            // Who has waited longest comes first, or some would never come.
            for (discovery, dueAt) in idle.sorted(by: { $0.dueAt < $1.dueAt }) {
                guard dueAt <= now else {
                    patience = min(patience, dueAt.milliseconds(since: now))
                    break
                }
                guard resolver.count < Self.concurrency else { break }
                schedules[discovery]?.started()
                resolver.start(discovery, now: now.milliseconds)
            }
            resolver.wait(also: self.alarm.descriptor, milliseconds: Int(clamping: patience))
            self.alarm.wait()
        }
    }

    private func report(_ outcome: NameSchedule.Outcome, of discovery: Discovery) {
        switch outcome {
        case .unchanged: break
        case .changed(let endpoints): self.reports.put(Report(discovery: discovery, result: .endpoints(endpoints)))
        case .failed(let reason): self.reports.put(Report(discovery: discovery, result: .failed(reason)))
        }
    }
}
