/// What to ask the control plane for next, and what to make of its answer; no I/O, no clock, no randomness.
///
/// Versions only go up, and only one identity is believed: the first one, unless the operator said otherwise, here or at
/// the control plane that takes over.
struct PollPolicy {
    static let firstPause: UInt64 = 100
    static let longestPause: UInt64 = 5_000
    /// How long a refused version is left alone before it is tried again, for reasons outside of it may have gone.
    static let firstRetry: UInt64 = 1_000
    static let longestRetry: UInt64 = 60_000

    /// What a replica serves.
    struct Served: Equatable, Sendable {
        let version: Int64
        let digest: String
        let identity: String
    }

    struct Question: Equatable, Sendable {
        /// `nil` asks for a full snapshot.
        let since: Int64?
        let served: Served?
        /// Whether the answer may wait for news. Not while nobody knows that the control plane is there: its first
        /// answer says so, and must not take as long as news may take.
        let mayWait: Bool
    }

    /// The head of an update, which is all that is judged here.
    struct Offer: Equatable {
        let identity: String
        let from: Int64?
        let version: Int64
        /// The identity that the control plane says it succeeds, by its operator's word.
        var adopts: String?
    }

    enum Verdict: Equatable {
        case install
        /// Install, from another control plane than before.
        case changeOver(former: String)
        /// Ask again, for everything: the update does not continue what is served.
        case askForFull
        case lowerVersion(served: Int64)
        case foreignIdentity(expected: String)
    }

    private(set) var served: Served?
    /// Whether the next foreign identity is taken: the operator's word, good for one change.
    private var adoptsIdentity: Bool
    private var needsFull = false
    private var failures: UInt64 = 0
    /// Whether the last call was answered.
    private var isReached = false
    private var refused: (version: Int64, times: UInt64, until: Instant)?
    private(set) var notBefore: Instant?

    init(served: Served?, adoptsIdentity: Bool) {
        self.served = served
        self.adoptsIdentity = adoptsIdentity
    }

    /// What to ask at this moment.
    func question(at now: Instant) -> Question {
        guard let served, !self.needsFull, !self.adoptsIdentity else {
            return Question(since: nil, served: self.served, mayWait: self.isReached)
        }
        let isRefused = self.refused.map { now < $0.until } ?? false
        let since = isRefused ? self.refused?.version : served.version
        return Question(since: since, served: served, mayWait: self.isReached)
    }

    func judge(_ offer: Offer) -> Verdict {
        guard let served else { return offer.from == nil ? .install : .askForFull }
        if offer.identity != served.identity {
            guard self.adoptsIdentity || offer.adopts == served.identity else {
                return .foreignIdentity(expected: served.identity)
            }
            return offer.from == nil ? .changeOver(former: served.identity) : .askForFull
        }
        guard offer.version >= served.version else { return .lowerVersion(served: served.version) }
        if let from = offer.from, from != served.version { return .askForFull }
        return .install
    }

    /// The control plane answered, with news or without.
    mutating func answered() {
        self.failures = 0
        self.isReached = true
        self.notBefore = nil
    }

    /// No answer, or none that can be used. The pause doubles from 100 ms to 5 s.
    ///
    /// - Parameter jitter: 0 ..< 1; a fleet that lost its control plane must not come back in step.
    mutating func failed(at now: Instant, jitter: Double) {
        let pause = min(Self.firstPause << min(self.failures, 16), Self.longestPause)
        self.failures += 1
        self.isReached = false
        let jittered = Double(pause) * (0.5 + min(max(jitter, 0), 1) / 2)
        self.notBefore = now.advanced(by: UInt64(jittered.rounded()))
    }

    /// What came from the control plane is served. The operator's word is used up by it.
    mutating func installed(_ served: Served) {
        self.restored(served)
        self.adoptsIdentity = false
    }

    /// What was on disk is served.
    mutating func restored(_ served: Served) {
        self.served = served
        self.needsFull = false
        self.refused = nil
    }

    /// A version was refused: until it is tried again, only a newer one is news.
    mutating func rejected(version: Int64, isRetryable: Bool, at now: Instant) {
        let times = (self.refused?.version == version ? self.refused?.times ?? 0 : 0) + 1
        let first = isRetryable ? Self.firstRetry : Self.longestRetry
        let pause = min(first << min(times - 1, 16), Self.longestRetry)
        self.refused = (version, times, now.advanced(by: pause))
        // Without a last good version every answer is the whole of it: wait before asking again.
        if self.served == nil { self.notBefore = now.advanced(by: pause) }
    }

    /// What came does not continue what is served, or its digest is wrong.
    mutating func requireFull() { self.needsFull = true }
}
