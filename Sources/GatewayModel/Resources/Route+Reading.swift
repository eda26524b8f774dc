extension Route {
    static let fields = ["listeners", "hostnames", "matches", "forward", "timeouts", "policies", "inherit"]

    private static let later = [
        "redirect", "respond", "sticky", "rewrite", "requestHeaders", "responseHeaders", "mirror", "retry",
    ]

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let listeners = reader.read("listeners", default: []) { json in
            collector.distinctList(json) { collector.name($0) }
        }
        let hostnames = reader.read("hostnames", default: []) { json in
            collector.distinctList(json) { collector.hostPattern($0) }
        }
        let matches = reader.read("matches", default: []) { json in
            collector.list(json) { element in
                collector.object(element) { RouteMatch(&$0) }
            }
        }
        let forward = Self.readForward(&reader)
        let timeouts = reader.read("timeouts", default: RouteTimeouts()) { json in
            collector.object(json) { RouteTimeouts(&$0) }
        }
        for field in Self.later { reader.unsupported(field) }
        let policies = reader.read("policies", default: []) { json in
            collector.distinctList(json) { collector.name($0) }
        }
        let inherits = reader.read("inherit", default: true) { collector.boolean($0) }
        self.init(
            name: name, listeners: listeners, hostnames: hostnames,
            matches: matches.isEmpty ? [RouteMatch(path: .prefix("/"))] : matches, forward: forward, timeouts: timeouts,
            policies: policies, inherits: inherits)
    }

    private static func readForward(_ reader: inout ObjectReader) -> [Share] {
        let collector = reader.collector
        return reader.required("forward") { json in
            let shares = collector.list(json) { element in collector.object(element) { Share(&$0) } }
            let count = json.arrayValue?.count ?? 1
            if count == 0 { collector.report("range", "at least one share is required") }
            if count > 1 {
                collector.report("unsupported", "splits over several upstreams are not available in this version")
            }
            return shares
        } ?? []
    }
}

extension RouteMatch {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        for field in ["methods", "headers", "query", "cookies"] { reader.unsupported(field, allowed: []) }
        let path = reader.read("path", default: PathMatch.prefix("/")) { json in
            collector.object(json) { PathMatch(&$0) }
        }
        self.init(path: path)
    }
}

extension Share {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let upstream = reader.required("upstream") { collector.name($0) }
        let weight = reader.read("weight", default: 1) {
            collector.integer($0, in: 0...1_000_000).map { Int($0) }
        }
        for field in ["requestHeaders", "responseHeaders", "rewrite"] { reader.unsupported(field) }
        guard let upstream else { return nil }
        self.init(upstream: upstream, weight: weight)
    }
}

extension RouteTimeouts {
    fileprivate init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.request = reader.read("request", default: self.request) { collector.duration($0) }
        self.backendRequest = reader.read("backendRequest", default: self.backendRequest) {
            collector.duration($0)
        }
        self.idle = reader.read("idle", default: self.idle) { collector.duration($0) }
    }
}
