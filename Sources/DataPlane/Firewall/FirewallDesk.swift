import Firewall
import Reactor

/// What a worker has for firewalls, beside the requests themselves.
struct FirewallDesk {
    /// What the loop itself asks the filter about; a longer body goes to the thread unseen.
    static let mostFiltered = 4 * 1024
    /// Bytes of bodies that are kept at once in one worker process.
    static let mostCollected = 64 << 20
    /// How long a request waits for its scan, in milliseconds.
    static let patience: UInt64 = 5000

    let scans: ScanDesk
    /// The request that the filter is asked about; used again and again.
    var request = FirewallRequest()
    /// Whose requests are being scanned, by job.
    var waiters: [UInt64: ExchangeRef] = [:]
    /// Bytes of bodies that are kept.
    var collected = 0
    var counters = FirewallCounters()
    var reports = EventRate()

    init(_ wakeup: Wakeup) { self.scans = ScanDesk(wakeup) }
}

/// How many events the supervisor is told.
struct EventRate {
    private static let mostPerSecond = 50

    private var second: UInt64 = 0
    private var count = 0
    /// Since the last that was told.
    private(set) var dropped: Int64 = 0

    /// Takes a place.
    ///
    /// - Parameter now: milliseconds.
    /// - Returns: how many had none since the last one; `nil`: there is no place.
    mutating func take(at now: UInt64) -> Int64? {
        if now / 1000 != self.second { (self.second, self.count) = (now / 1000, 0) }
        guard self.count < Self.mostPerSecond else {
            self.dropped += 1
            return nil
        }
        self.count += 1
        defer { self.dropped = 0 }
        return self.dropped
    }
}
