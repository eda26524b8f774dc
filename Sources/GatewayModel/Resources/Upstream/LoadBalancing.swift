/// How an endpoint is chosen for a request.
package struct LoadBalancing: Hashable, Sendable {
    package enum Algorithm: String, CaseIterable, Sendable {
        /// The less busy of two chosen at random.
        case leastRequest = "least-request"
        /// One after the other, smoothly by weight.
        case roundRobin = "round-robin"
        case random
        /// The same for the same key, by Maglev's table.
        case consistentHash = "consistent-hash"
        /// The one that promises the shortest wait of two chosen at random, by what it took lately.
        case peakEWMA = "peak-ewma"
    }

    /// What requests with the same endpoint have in common.
    package enum HashSource: Hashable, Sendable {
        /// The first line of that name, in lower case.
        case header(String)
        case cookie(String)
        case query(String)
        case clientAddress
    }

    package var algorithm = Algorithm.leastRequest
    /// There for `consistent-hash` alone.
    package var hashOn: HashSource?
    /// Milliseconds in which a new or recovered endpoint comes to its full weight; 0: at once.
    package var slowStart: Milliseconds = 0

    /// The defaults.
    package init() {}
}

/// What keeps a client at its endpoint: a signed cookie that names it.
package struct SessionPersistence: Hashable, Sendable {
    /// The cookie's.
    package let name: String
    /// Milliseconds; `nil`: until the browser closes.
    package let lifetime: Milliseconds?
}

extension LoadBalancing {
    init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.algorithm = reader.read("algorithm", default: self.algorithm) { collector.word($0, Algorithm.self) }
        let hashOn = reader.optional("hashOn") { json in collector.object(json) { HashSource(&$0) } }
        if self.algorithm == .consistentHash {
            self.hashOn = hashOn ?? .clientAddress
        } else if hashOn != nil {
            reader.fault("hashOn", "conflict", "hashOn goes with consistent-hash")
        }
        self.slowStart = reader.read("slowStart", default: self.slowStart) { json in
            if json.stringValue != nil { return collector.duration(json) }
            return collector.object(json) { reader in reader.required("window") { collector.duration($0) } }
        }
        let isHashed = self.algorithm == .consistentHash
        if self.slowStart > 0, isHashed || self.algorithm == .random {
            reader.fault(
                "slowStart", "conflict", "\(self.algorithm.rawValue) gives an endpoint its whole share at once")
        }
    }
}

extension LoadBalancing.HashSource {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let given = reader.present(["header", "cookie", "query", "clientAddress"])
        let header = reader.optional("header") { collector.fieldName($0) }
        let cookie = reader.optional("cookie") { collector.cookieName($0) }
        let query = reader.optional("query") { collector.filledString($0) }
        let address = reader.read("clientAddress", default: false) { collector.boolean($0) }
        guard given == 1 else {
            collector.report("required", "exactly one of header, cookie, query and clientAddress is required")
            return nil
        }
        if let header {
            self = .header(header)
        } else if let cookie {
            self = .cookie(cookie)
        } else if let query {
            self = .query(query)
        } else if address {
            self = .clientAddress
        } else {
            if reader.value("clientAddress") == false { reader.fault("clientAddress", "range", "true, or left out") }
            return nil
        }
    }
}

extension SessionPersistence {
    private enum Kind: String, CaseIterable { case cookie }

    init?(_ reader: inout ObjectReader, upstream: String) {
        let collector = reader.collector
        _ = reader.read("type", default: Kind.cookie) { collector.word($0, Kind.self, later: ["header"]) }
        let name = reader.read("name", default: "sluice-\(upstream)") { collector.cookieName($0) }
        self.init(name: name, lifetime: reader.lifetime())
    }
}
