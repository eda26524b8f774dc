import ControlProtocol
import GatewayModel

/// What firewalls found and the control plane has not heard of yet.
///
/// An event is in every report until one with it has arrived, so that it may come twice; its number tells.
struct FirewallReports {
    /// Of those that have not arrived, the newest are kept.
    static let mostKept = 200
    /// Between two reports that only events are the reason for, in milliseconds.
    static let pause: UInt64 = 1000

    private var waiting: [FirewallEvent] = []
    private var sequence: Int64
    /// The last one that was in a report.
    private var reportedUpTo: Int64 = 0
    private var lastReport: Instant?
    private var dropped: Int64 = 0

    /// - Parameter startedAt: milliseconds since 1970. Numbers begin with it, so that they grow beyond restarts.
    init(startedAt: Int64) {
        self.sequence = max(0, startedAt).multipliedReportingOverflow(by: 1000).partialValue
    }

    /// - Parameter dropped: how many were lost before it.
    /// - Returns: `false`: it is too long for a report.
    mutating func take(_ document: JSONObject, dropped: Int64) -> Bool {
        self.count(dropped: dropped)
        guard let event = try? FirewallEvent(sequence: self.sequence + 1, document: document) else {
            self.count(dropped: 1)
            return false
        }
        self.sequence += 1
        self.waiting.append(event)
        if self.waiting.count > Self.mostKept {
            self.waiting.removeFirst()
            self.count(dropped: 1)
        }
        return true
    }

    private mutating func count(dropped: Int64) {
        self.dropped = self.dropped.addingReportingOverflow(max(0, dropped)).partialValue & .max
    }

    /// What a report says.
    var report: FirewallEvents {
        FirewallEvents(Array(self.waiting.prefix(FirewallEvent.mostInReport)), dropped: self.dropped)
    }

    /// There is an event that was in no report.
    private var hasNews: Bool {
        self.waiting.prefix(FirewallEvent.mostInReport).last.map { $0.sequence > self.reportedUpTo } ?? false
    }

    /// When a report is to be made for the events' sake; `nil`: none is.
    var due: Instant? {
        self.hasNews ? self.lastReport?.advanced(by: Self.pause) ?? Instant(milliseconds: 0) : nil
    }

    func isDue(at now: Instant) -> Bool { self.due.map { $0 <= now } ?? false }

    /// A report is made.
    mutating func reported(at now: Instant) {
        self.lastReport = now
        self.reportedUpTo = self.report.events.last?.sequence ?? self.reportedUpTo
    }

    /// A report with events up to that number has arrived.
    mutating func arrived(upTo sequence: Int64) { self.waiting.removeAll { $0.sequence <= sequence } }
}
