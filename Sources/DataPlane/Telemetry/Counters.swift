/// Counters of one loop: plain memory, written by the loop alone and read when the supervisor asks.
struct WorkerCounters {
    var clientConnections = 0
    var upstreamConnections = 0
    var activeRequests = 0
    var logDropped: UInt64 = 0
    var connectionsRefused: UInt64 = 0
    /// Connections that ended before HTTP began: no TLS, a bad header of the PROXY protocol, too slow.
    var openingsRefused: UInt64 = 0
    var handshakes: (full: UInt64, resumed: UInt64, failed: UInt64) = (0, 0, 0)
    /// Times that a state machine met an event it holds impossible; each cost one connection.
    var invariantBroken: UInt64 = 0
    var durations = DurationHistogram()
    let answers: UnsafeMutablePointer<UInt64>

    init() {
        self.answers = .allocate(capacity: Reason.allCases.count)
        self.answers.initialize(repeating: 0, count: Reason.allCases.count)
    }

    mutating func count(_ reason: Reason) {
        self.answers[Int(reason.rawValue)] += 1
    }
}

/// Requests of one listener by status code.
struct AcceptorCounters {
    private static let codes = 600
    private let byCode: UnsafeMutablePointer<UInt64>

    init() {
        self.byCode = .allocate(capacity: Self.codes)
        self.byCode.initialize(repeating: 0, count: Self.codes)
    }

    func count(_ status: UInt16) {
        if status < Self.codes { self.byCode[Int(status)] += 1 }
    }

    /// The codes that occurred, with how often.
    var nonZero: [(code: Int, count: UInt64)] {
        (0..<Self.codes).compactMap { self.byCode[$0] > 0 ? ($0, self.byCode[$0]) : nil }
    }
}

/// Answers of one upstream by class of status code; class 0 counts what ended without an answer.
///
/// It outlives the revisions of its upstream, so that a change of endpoints does not reset it.
struct UpstreamCounters {
    private let byClass: UnsafeMutablePointer<UInt64>

    init() {
        self.byClass = .allocate(capacity: 9)
        self.byClass.initialize(repeating: 0, count: 9)
    }

    func count(_ status: UInt16) {
        self.byClass[Int(min(status / 100, 5))] += 1
    }

    func countRetry() { self.byClass[6] += 1 }
    func countEjection(_ reason: EjectionReason) { self.byClass[reason == .serverErrors ? 7 : 8] += 1 }
    var retries: UInt64 { self.byClass[6] }
    func ejections(_ reason: EjectionReason) -> UInt64 { self.byClass[reason == .serverErrors ? 7 : 8] }

    var nonZero: [(label: String, count: UInt64)] {
        (0..<6).compactMap { index in
            guard self.byClass[index] > 0 else { return nil }
            return (index == 0 ? "none" : "\(index)xx", self.byClass[index])
        }
    }
}

/// What requests showed of an endpoint that is not used for a while.
enum EjectionReason: String, CaseIterable {
    case serverErrors = "consecutive-5xx"
    case gatewayErrors = "consecutive-gateway-errors"
}

/// Request durations in the buckets of a Prometheus histogram.
struct DurationHistogram {
    /// Upper bounds in seconds.
    static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private(set) var buckets = InlineArray<14, UInt64>(repeating: 0)
    private(set) var sumNanoseconds: UInt64 = 0

    mutating func record(nanoseconds: UInt64) {
        self.buckets[Self.bucket(nanoseconds / 1000)] += 1
        self.sumNanoseconds &+= nanoseconds
    }

    /// The bounds again, in microseconds, as comparisons: no table to load.
    private static func bucket(_ microseconds: UInt64) -> Int {
        if microseconds <= 25_000 {
            if microseconds <= 1000 { return 0 }
            if microseconds <= 2500 { return 1 }
            return microseconds <= 5000 ? 2 : microseconds <= 10_000 ? 3 : 4
        }
        if microseconds <= 500_000 {
            return microseconds <= 50_000 ? 5 : microseconds <= 100_000 ? 6 : microseconds <= 250_000 ? 7 : 8
        }
        if microseconds <= 2_500_000 { return microseconds <= 1_000_000 ? 9 : 10 }
        return microseconds <= 5_000_000 ? 11 : microseconds <= 10_000_000 ? 12 : 13
    }
}
