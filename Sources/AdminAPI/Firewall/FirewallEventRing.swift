import ControlProtocol
import GatewayModel
import Synchronization

/// The last events of the replicas' firewalls, in memory alone: they hold parts of requests, which have no place in the database.
final class FirewallEventRing: Sendable {
    struct Event: Sendable {
        /// From 1 on, in the order in which events came here.
        let number: Int64
        /// With `replica`.
        let document: JSONObject
        /// As it travels.
        let bytes: Int
    }

    struct Page: Sendable {
        let events: [Event]
        /// The number of the last event that was looked at.
        let last: Int64
        /// Events that replicas did not keep, and those that had to make room here, since the start.
        let dropped: Int64
    }

    fileprivate struct Contents {
        var events: ArraySlice<Event> = []
        var bytes = 0
        var last: Int64 = 0
        var dropped: Int64 = 0
        var replicas: [String: Reported] = [:]
        var reports: Int64 = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
        var isStopped = false
    }

    /// What a replica has told so far.
    fileprivate struct Reported {
        /// Of its last event.
        var sequence: Int64 = -1
        var dropped: Int64 = 0
        /// The number of its last report.
        var report: Int64 = 0
    }

    /// Tells cursors of this start from those of others.
    let epoch: String
    private let mostEvents: Int
    private let mostBytes: Int
    private let contents = Mutex(Contents())
    private static let mostReplicas = 1_000

    init(epoch: String = RandomText.hexadecimal(bytes: 6), mostEvents: Int = 1_000, mostBytes: Int = 4 << 20) {
        self.epoch = epoch
        self.mostEvents = mostEvents
        self.mostBytes = mostBytes
    }

    /// Keeps what is new in a report; an event whose sequence is not above the replica's last has come before.
    func append(_ report: FirewallEvents, of replica: String) {
        if report.events.isEmpty, report.dropped == 0 { return }
        let ready = self.contents.withLock { contents in
            contents.reports += 1
            var reported = contents.replicas[replica] ?? Reported()
            reported.report = contents.reports
            let before = contents.last
            for event in report.events where event.sequence > reported.sequence {
                reported.sequence = event.sequence
                contents.append(event, of: replica)
            }
            contents.drop(reported.newlyDropped(report.dropped))
            contents.remember(reported, of: replica, atMost: Self.mostReplicas)
            contents.shorten(to: self.mostEvents, bytes: self.mostBytes)
            return contents.last == before ? [] : contents.takeWaiting()
        }
        for each in ready { each.resume() }
    }

    /// The first `limit` events after `number` that `filter` takes.
    func page(after number: Int64, limit: Int, where filter: (JSONObject) -> Bool) -> Page {
        self.contents.withLock { contents in
            var events: [Event] = []
            for event in contents.events where event.number > number && filter(event.document) {
                events.append(event)
                if events.count == limit {
                    return Page(events: events, last: event.number, dropped: contents.dropped)
                }
            }
            return Page(events: events, last: contents.last, dropped: contents.dropped)
        }
    }

    /// Returns when there is an event after `number`, when `time` is up, and when the control plane stops.
    func wait(after number: Int64, upTo time: Duration) async {
        let id = self.contents.withLock { contents in
            contents.nextWaiter += 1
            return contents.nextWaiter
        }
        await withCheckedContinuation { continuation in
            let isDone = self.contents.withLock { contents in
                if contents.isStopped || contents.last > number { return true }
                contents.waiting[id] = continuation
                return false
            }
            if isDone { return continuation.resume() }
            Task {
                try? await Task.sleep(for: time)
                self.contents.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
            }
        }
    }

    var isStopped: Bool { self.contents.withLock { $0.isStopped } }

    /// Ends every wait; later ones end at once.
    func stop() {
        let waiting = self.contents.withLock { contents in
            contents.isStopped = true
            return contents.takeWaiting()
        }
        for each in waiting { each.resume() }
    }
}

extension FirewallEventRing.Reported {
    /// How many more the replica has dropped; fewer than before means that it began anew.
    fileprivate mutating func newlyDropped(_ total: Int64) -> Int64 {
        let total = max(total, 0)
        defer { self.dropped = total }
        return total >= self.dropped ? total - self.dropped : total
    }
}

extension FirewallEventRing.Contents {
    fileprivate mutating func append(_ event: FirewallEvent, of replica: String) {
        var document = event.document
        document["replica"] = .string(replica)
        let bytes = JSON.object(document).encoded().count
        self.last += 1
        self.bytes += bytes
        self.events.append(FirewallEventRing.Event(number: self.last, document: document, bytes: bytes))
    }

    /// The oldest make room.
    fileprivate mutating func shorten(to count: Int, bytes: Int) {
        while self.events.count > count || self.bytes > bytes, let oldest = self.events.popFirst() {
            self.bytes -= oldest.bytes
            self.drop(1)
        }
    }

    fileprivate mutating func drop(_ count: Int64) {
        let (sum, isTooMuch) = self.dropped.addingReportingOverflow(count)
        self.dropped = isTooMuch ? Int64.max : sum
    }

    /// Forgets the replica that has been silent for longest when there are too many.
    fileprivate mutating func remember(
        _ reported: FirewallEventRing.Reported, of replica: String, atMost count: Int
    ) {
        self.replicas[replica] = reported
        guard self.replicas.count > count else { return }
        let silent = self.replicas.min { $0.value.report < $1.value.report }
        if let silent { self.replicas[silent.key] = nil }
    }

    fileprivate mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
        defer { self.waiting = [:] }
        return Array(self.waiting.values)
    }
}
