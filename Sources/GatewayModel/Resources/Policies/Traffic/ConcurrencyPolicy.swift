/// How many requests may be under way at once, over the workers of a replica.
package struct ConcurrencyPolicy: Hashable, Sendable {
    /// Where requests wait for others to end.
    package struct Queue: Hashable, Sendable {
        /// How many may wait, for each key.
        package let maxRequests: Int
        /// How long one may.
        package let timeout: Milliseconds
    }

    /// For each key.
    package let maxRequests: Int
    /// What requests are told apart by; empty: all are counted together.
    package let key: [LimitKeyPart]
    /// `nil`: nobody waits.
    package let queue: Queue?
    /// Of the answer to those that are too many.
    package let status: UInt16
}

extension ConcurrencyPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let most = reader.required("maxRequests") { collector.integer($0, in: 1...1_000_000) }
        self.key = reader.read("key", default: []) { collector.limitKey($0) }
        self.queue = reader.optional("queue") { json in collector.object(json) { Queue(&$0) } }
        self.status = reader.read("status", default: 503) { json in
            guard let status = collector.integer(json, in: 429...503) else { return nil }
            if status != 429, status != 503 { collector.report("range", "429 or 503") }
            return UInt16(clamping: status)
        }
        guard let most else { return nil }
        self.maxRequests = Int(most)
    }
}

extension ConcurrencyPolicy.Queue {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let most = reader.required("maxRequests") { collector.integer($0, in: 1...10_000) }
        self.timeout = reader.read("timeout", default: 1000) { collector.duration($0, atLeast: 1, atMost: 60_000) }
        guard let most else { return nil }
        self.maxRequests = Int(most)
    }
}
