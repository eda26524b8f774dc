/// How it is found out which endpoints may be used.
package struct HealthChecks: Hashable, Sendable {
    /// Probes by the supervisor, once per replica.
    package var active: ActiveCheck?
    /// What requests come to, in each worker.
    package var passive: PassiveCheck?
    /// When fewer percent of the endpoints are healthy, all are used; 0: never.
    package var panicThreshold = 50

    /// The defaults.
    package init() {}
}

/// A probe that is repeated. Times are milliseconds.
package struct ActiveCheck: Hashable, Sendable {
    package enum Probe: Hashable, Sendable {
        /// GET; `host` as in its Host field, `nil`: the endpoint's address.
        case http(path: String, host: String?, statuses: [UInt16])
        /// A connection is made, and closed.
        case tcp
        /// `grpc.health.v1.Health/Check`; the empty service is the server as a whole.
        case grpc(service: String)
    }

    package var probe = Probe.http(path: "/", host: nil, statuses: [200])
    /// In place of the endpoint's.
    package var port: UInt16?
    package var interval: Milliseconds = 3000
    package var timeout: Milliseconds = 1000
    /// Successes in a row that make an endpoint healthy again.
    package var healthyThreshold = 1
    /// Failures in a row that make an endpoint unhealthy.
    package var unhealthyThreshold = 3

    /// The defaults.
    package init() {}
}

/// When requests themselves show that an endpoint is broken. Times are milliseconds.
package struct PassiveCheck: Hashable, Sendable {
    /// Answers of 500 and above in a row, failures without an answer among them; 0: they do not count.
    package var consecutive5xx = 5
    /// 502, 503, 504 and failures without an answer in a row; 0: they do not count.
    package var consecutiveGatewayErrors = 5
    /// How often it is looked whether an ejection is over.
    package var interval: Milliseconds = 3000
    /// The first ejection; each further one of the same endpoint is so much longer.
    package var baseEjectionTime: Milliseconds = 30_000
    /// Of the endpoints, how many percent may be ejected at once; the last one never is.
    package var maxEjectionPercent = 50

    /// The defaults.
    package init() {}
}

/// Limits per replica.
package struct CircuitBreaker: Hashable, Sendable {
    package var maxConnections = 1024
    /// Requests that wait for a connection.
    package var maxPendingRequests = 1024
    package var maxParallelRequests = 1024
    package var maxParallelRetries = 64

    /// The defaults.
    package init() {}
}

extension HealthChecks {
    init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.active = reader.optional("active") { json in collector.object(json) { ActiveCheck(&$0) } }
        self.passive = reader.optional("passive") { json in collector.object(json) { PassiveCheck(&$0) } }
        self.panicThreshold = reader.read("panicThreshold", default: self.panicThreshold) { collector.percent($0) }
    }
}

extension ActiveCheck {
    private enum Kind: String, CaseIterable { case http, tcp, grpc }

    fileprivate init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        let kind = reader.read("type", default: Kind.http) { collector.word($0, Kind.self) }
        let path = reader.read("path", default: "/") { collector.probedPath($0) }
        let host = reader.optional("hostname") { collector.oneHost($0) }
        let statuses = reader.read("expectedStatuses", default: [UInt16(200)]) { json -> [UInt16]? in
            if json == [] { collector.report("range", "at least one status is required") }
            return collector.distinctList(json) { collector.integer($0, in: 100...599).map { UInt16(clamping: $0) } }
        }
        let service = reader.read("service", default: "") { collector.string($0) }
        switch kind {
        case .http: self.probe = .http(path: path, host: host, statuses: statuses)
        case .tcp: self.probe = .tcp
        case .grpc: self.probe = .grpc(service: service)
        }
        let unused =
            kind == .http ? ["service"] : ["path", "hostname", "expectedStatuses"] + (kind == .tcp ? ["service"] : [])
        for field in unused where reader.present([field]) > 0 {
            reader.fault(field, "conflict", "\(field) means nothing to a probe of type \(kind.rawValue)")
        }
        self.port = reader.optional("port") { collector.port($0) }
        self.interval = reader.read("interval", default: self.interval) { collector.duration($0, atLeast: 100) }
        self.timeout = reader.read("timeout", default: self.timeout) { collector.duration($0, atLeast: 1) }
        self.healthyThreshold = reader.read("healthyThreshold", default: self.healthyThreshold) {
            collector.threshold($0)
        }
        self.unhealthyThreshold = reader.read("unhealthyThreshold", default: self.unhealthyThreshold) {
            collector.threshold($0)
        }
    }
}

extension PassiveCheck {
    fileprivate init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.consecutive5xx = reader.read("consecutive5xx", default: self.consecutive5xx) {
            collector.integer($0, in: 0...10_000).map { Int($0) }
        }
        self.consecutiveGatewayErrors = reader.read("consecutiveGatewayErrors", default: self.consecutiveGatewayErrors)
        {
            collector.integer($0, in: 0...10_000).map { Int($0) }
        }
        self.interval = reader.read("interval", default: self.interval) { collector.duration($0, atLeast: 100) }
        self.baseEjectionTime = reader.read("baseEjectionTime", default: self.baseEjectionTime) {
            collector.duration($0, atLeast: 1)
        }
        self.maxEjectionPercent = reader.read("maxEjectionPercent", default: self.maxEjectionPercent) {
            collector.percent($0)
        }
    }
}

extension CircuitBreaker {
    init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.maxConnections = reader.read("maxConnections", default: self.maxConnections) {
            collector.limit($0, from: 1)
        }
        self.maxPendingRequests = reader.read("maxPendingRequests", default: self.maxPendingRequests) {
            collector.limit($0, from: 0)
        }
        self.maxParallelRequests = reader.read("maxParallelRequests", default: self.maxParallelRequests) {
            collector.limit($0, from: 1)
        }
        self.maxParallelRetries = reader.read("maxParallelRetries", default: self.maxParallelRetries) {
            collector.limit($0, from: 0)
        }
    }
}

extension FaultCollector {
    fileprivate func percent(_ json: JSON) -> Int? { self.integer(json, in: 0...100).map { Int($0) } }

    fileprivate func threshold(_ json: JSON) -> Int? { self.integer(json, in: 1...1000).map { Int($0) } }

    fileprivate func limit(_ json: JSON, from least: Int64) -> Int? {
        self.integer(json, in: least...10_000_000).map { Int($0) }
    }

    func duration(_ json: JSON, atLeast least: Milliseconds) -> Milliseconds? {
        guard let duration = self.duration(json) else { return nil }
        if duration >= least { return duration }
        self.report("range", "must be at least \(least)ms")
        return nil
    }

    /// A path with its query, as it goes on the wire.
    fileprivate func probedPath(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let isClean = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
        if text.utf8.first == UInt8(ascii: "/"), isClean, text.utf8.count <= 1024 { return text }
        self.report("format", "\(text.quoted) is no path", hint: "write \"/healthz\"")
        return nil
    }
}
