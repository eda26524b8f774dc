/// Faults that are made on purpose, as a rehearsal. Shares are of a million requests, each drawn by itself.
package struct FaultPolicy: Hashable, Sendable {
    package struct Delay: Hashable, Sendable {
        /// Milliseconds before the request is forwarded.
        package let duration: Milliseconds
        package let perMillion: Int
    }

    package struct Abort: Hashable, Sendable {
        /// Of the answer that the gateway gives instead.
        package let status: UInt16
        package let perMillion: Int
    }

    package let delay: Delay?
    package let abort: Abort?
}

/// How many requests may be under way at once, per replica.
package struct ConcurrencyPolicy: Hashable, Sendable {
    /// What requests that count together have in common; none: all count together.
    package enum Key: Hashable, Sendable {
        case clientAddress, path, method
        /// In lower case.
        case header(String)
        case cookie(String)
        case query(String)
    }

    package let requests: Int
    package let key: [Key]
    /// Requests that may wait until others have ended.
    package let queued: Int
    /// Milliseconds that one waits at most.
    package let queueTimeout: Milliseconds
    /// 503 or 429.
    package let status: UInt16
}

extension FaultPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let delay = reader.optional("delay") { json in
            collector.object(json) { reader -> Delay? in
                let duration = reader.required("duration") { collector.duration($0, atLeast: 1) }
                let share = reader.read("percent", default: 1_000_000) { collector.perMillion($0) }
                return duration.map { Delay(duration: $0, perMillion: share) }
            }
        }
        let abort = reader.optional("abort") { json in
            collector.object(json) { reader -> Abort? in
                let status = reader.read("status", default: 503) {
                    collector.integer($0, in: 400...599).map { UInt16(clamping: $0) }
                }
                let share = reader.read("percent", default: 1_000_000) { collector.perMillion($0) }
                return Abort(status: status, perMillion: share)
            }
        }
        if reader.present(["delay", "abort"]) == 0 {
            collector.report("required", "one of delay and abort, or both, is required")
        }
        self.init(delay: delay, abort: abort)
    }
}

extension ConcurrencyPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let requests = reader.required("requests") { collector.integer($0, in: 1...10_000_000).map { Int($0) } }
        let key = reader.read("key", default: []) { json in
            collector.list(json) { element in collector.object(element) { Key(&$0) } }
        }
        let queue = reader.optional("queue") { json in
            collector.object(json) { reader -> (Int, Milliseconds)? in
                let requests = reader.required("requests") { collector.integer($0, in: 1...100_000).map { Int($0) } }
                let timeout = reader.read("timeout", default: 1000) { collector.duration($0, atLeast: 1) }
                return requests.map { ($0, timeout) }
            }
        }
        let status = reader.read("status", default: 503) { json -> UInt16? in
            guard let status = collector.integer(json, in: 100...599) else { return nil }
            if status == 503 || status == 429 { return UInt16(clamping: status) }
            collector.report("range", "too many requests at once is 503 or 429")
            return nil
        }
        guard let requests else { return nil }
        self.init(requests: requests, key: key, queued: queue?.0 ?? 0, queueTimeout: queue?.1 ?? 0, status: status)
    }
}

extension ConcurrencyPolicy.Key {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let flags: [(name: String, key: Self)] = [
            ("clientAddress", .clientAddress), ("path", .path), ("method", .method),
        ]
        let given = reader.present(flags.map(\.name) + ["header", "cookie", "query", "claim", "consumer"])
        var key: Self?
        for flag in flags {
            if reader.read(flag.name, default: false, { collector.boolean($0) }) { key = flag.key }
            if reader.value(flag.name) == false { reader.fault(flag.name, "range", "true, or left out") }
        }
        if let name = reader.optional("header", { collector.fieldName($0) }) { key = .header(name) }
        if let name = reader.optional("cookie", { collector.cookieName($0) }) { key = .cookie(name) }
        if let name = reader.optional("query", { collector.filledString($0) }) { key = .query(name) }
        for field in ["claim", "consumer"] { reader.unsupported(field) }
        if given != 1 {
            collector.report(
                "required", "exactly one of clientAddress, path, method, header, cookie and query is required")
        }
        guard let key else { return nil }
        self = key
    }
}
