/// How many requests may pass in a time; beyond it they are answered 429.
package struct RateLimitPolicy: Hashable, Sendable {
    /// Who counts together.
    package enum Scope: String, CaseIterable, Sendable {
        /// The workers of one replica.
        case local
        /// All replicas with the same store.
        case global
    }

    /// What becomes of requests while the store of global limits does not answer.
    package enum StoreFailure: String, CaseIterable, Sendable {
        /// They pass.
        case open
        /// They are answered 503.
        case closed
        /// Each replica counts by itself.
        case local
    }

    package enum Period: String, CaseIterable, Sendable {
        case second, minute, hour, day

        package var milliseconds: Milliseconds {
            switch self {
            case .second: 1000
            case .minute: 60_000
            case .hour: 3_600_000
            case .day: 86_400_000
            }
        }
    }

    package struct Limit: Hashable, Sendable {
        /// In each period; 0 lets nobody pass.
        package let requests: Int
        package let period: Period
        /// How many of them may come at once, and the rest evenly over time: a bucket of this size that refills at the limit's rate.
        /// `nil`: a period begins with its first request, and its requests may come as they like.
        package let burst: Int?
        /// What requests are told apart by; empty: all are counted together.
        package let key: [LimitKeyPart]
        /// Which requests are counted; `nil`: all.
        package let when: RouteMatch?
        /// How many a request counts as; 0: it is refused where nothing is left, and counts as none.
        package let cost: Int
    }

    package let scope: Scope
    /// Each is counted, also when another refuses.
    package let limits: [Limit]
    package let onStoreFailure: StoreFailure
    /// Workers take slices of a global limit in advance, so that not every request asks the store.
    package let lease: Bool
}

extension RateLimitPolicy {
    private static let most: Int64 = 100_000_000

    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.scope = reader.read("scope", default: Scope.local) { collector.word($0, Scope.self) }
        let limits = reader.required("limits") { json -> [Limit]? in
            if !(1...16).contains(json.arrayValue?.count ?? 1) { collector.report("range", "from 1 to 16 limits") }
            return collector.list(json) { json in collector.object(json) { Limit(&$0) } }
        }
        let failure = reader.optional("onStoreFailure") { collector.word($0, StoreFailure.self) }
        let lease = reader.optional("lease") { collector.boolean($0) }
        if self.scope == .local {
            if failure != nil { reader.fault("onStoreFailure", "conflict", "only limits of scope global have a store") }
        }
        if self.scope == .local, lease == true {
            reader.fault("lease", "conflict", "only limits of scope global have a store")
        }
        self.onStoreFailure = failure ?? .local
        self.lease = lease ?? false
        guard let limits else { return nil }
        self.limits = limits
    }
}

extension RateLimitPolicy.Limit {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let requests = reader.required("requests") { collector.integer($0, in: 0...RateLimitPolicy.most) }
        let period = reader.required("per") { collector.word($0, RateLimitPolicy.Period.self) }
        let burst = reader.optional("burst") { collector.integer($0, in: 1...RateLimitPolicy.most) }
        self.key = reader.read("key", default: []) { collector.limitKey($0) }
        self.when = reader.optional("when") { json in collector.object(json) { RouteMatch(&$0) } }
        let cost = reader.read("cost", default: 1) { collector.integer($0, in: 0...1_000_000) }
        guard let requests, let period else { return nil }
        if requests == 0, burst != nil { reader.fault("burst", "conflict", "0 requests have no burst") }
        if requests > 0, cost > burst ?? requests {
            reader.fault("cost", "range", "a request that counts as \(cost) would never pass")
        }
        self.requests = Int(requests)
        self.period = period
        self.burst = burst.map { Int($0) }
        self.cost = Int(cost)
    }
}
