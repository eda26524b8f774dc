/// One rule: which requests, and where they go.
package struct Route: Hashable, Sendable {
    package let name: String
    /// Names of listeners; empty: all of them.
    package let listeners: [String]
    /// Empty: every host of its listeners.
    package let hostnames: [HostPattern]
    /// Alternatives; never empty.
    package let matches: [RouteMatch]
    /// Where requests go; one share in this version.
    package let forward: [Share]
    package let timeouts: RouteTimeouts
}

/// Conditions that all hold for a request.
package struct RouteMatch: Hashable, Sendable {
    package let path: PathMatch

    package init(path: PathMatch) {
        self.path = path
    }
}

/// A condition on the canonical path; case counts.
package enum PathMatch: Hashable, Sendable {
    case exact(String)
    /// Whole segments; without a trailing slash, `/` for every path.
    case prefix(String)
}

/// A part of a route's requests.
package struct Share: Hashable, Sendable {
    package let upstream: String
    package let weight: Int

    package init(upstream: String, weight: Int) {
        self.upstream = upstream
        self.weight = weight
    }
}

/// Milliseconds; 0 is no limit.
package struct RouteTimeouts: Hashable, Sendable {
    /// From the whole request to the whole answer.
    package var request: Milliseconds = 15_000
    /// One try.
    package var backendRequest: Milliseconds = 0
    /// Silence on an answer that has begun.
    package var idle: Milliseconds = 300_000
}

extension Route {
    static let fields = ["listeners", "hostnames", "matches", "forward", "timeouts"]

    private static let later = [
        "redirect", "respond", "sticky", "rewrite", "requestHeaders", "responseHeaders", "mirror", "retry",
    ]

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let listeners = reader.read("listeners", default: []) { json, pointer in
            collector.list(json, at: pointer) { collector.name($0, at: $1) }
        }
        let hostnames = reader.read("hostnames", default: []) { json, pointer in
            collector.list(json, at: pointer) { collector.hostPattern($0, at: $1) }
        }
        let matches = reader.read("matches", default: []) { json, pointer in
            collector.list(json, at: pointer) { element, pointer in
                collector.object(element, at: pointer) { RouteMatch(&$0) }
            }
        }
        let forward = Self.readForward(&reader)
        let timeouts = reader.read("timeouts", default: RouteTimeouts()) { json, pointer in
            collector.object(json, at: pointer) { RouteTimeouts(&$0) }
        }
        for field in Self.later { reader.unsupported(field) }
        reader.unsupported("policies", allowed: [[]])
        reader.unsupported("inherit", allowed: [true])
        self.init(
            name: name, listeners: listeners, hostnames: hostnames,
            matches: matches.isEmpty ? [RouteMatch(path: .prefix("/"))] : matches, forward: forward, timeouts: timeouts)
    }

    private static func readForward(_ reader: inout ObjectReader) -> [Share] {
        let collector = reader.collector
        guard let json = reader.required("forward") else { return [] }
        let pointer = reader.path("forward")
        let shares = collector.list(json, at: pointer) { element, pointer in
            collector.object(element, at: pointer) { Share(&$0) }
        }
        guard let shares, let count = json.arrayValue?.count else { return [] }
        if count == 0 { collector.report(pointer, "range", "at least one share is required") }
        if count > 1 {
            collector.report(pointer, "unsupported", "splits over several upstreams are not available in this version")
        }
        return shares
    }
}

extension RouteMatch {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        for field in ["methods", "headers", "query", "cookies"] { reader.unsupported(field, allowed: [[]]) }
        let path = reader.read("path", default: PathMatch.prefix("/")) { json, pointer in
            collector.object(json, at: pointer) { PathMatch($0.pointer, &$0) }
        }
        self.init(path: path)
    }
}

extension PathMatch {
    fileprivate init?(_ pointer: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        let exact = reader.value("exact").flatMap { Self.path($0, at: reader.path("exact"), collector) }
        let prefix = reader.value("prefix").flatMap { Self.path($0, at: reader.path("prefix"), collector) }
        reader.unsupported("regex")
        switch (exact, prefix) {
        case (let exact?, nil): self = .exact(exact)
        case (nil, let prefix?): self = .prefix(Self.withoutTrailingSlash(prefix))
        case (nil, nil):
            collector.report(pointer, "required", "one of exact and prefix is required")
            return nil
        case (_?, _?):
            collector.report(pointer, "conflict", "exact and prefix exclude each other")
            return nil
        }
    }

    private static func withoutTrailingSlash(_ path: String) -> String {
        path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// A path that a canonical request path can equal; anything else would never match.
    private static func path(_ json: JSON, at pointer: String, _ collector: FaultCollector) -> String? {
        guard let text = collector.string(json, at: pointer) else { return nil }
        guard text.hasPrefix("/"), text.utf8.count <= 4096 else {
            collector.report(pointer, "format", "a path begins with / and has at most 4096 bytes")
            return nil
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.forbidden.contains($0) }) else {
            collector.report(
                pointer, "format", "a path has no spaces, ?, #, ;, \\ or characters beyond ASCII",
                hint: "percent-encode them, as they are in requests")
            return nil
        }
        let segments = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard !segments.contains("."), !segments.contains(".."), !segments.dropLast().contains("") else {
            collector.report(
                pointer, "format", "request paths are normalised and never have dot segments or double slashes")
            return nil
        }
        return text
    }

    private static let forbidden: [UInt8] = [0x3F, 0x23, 0x3B, 0x5C]
}

extension Share {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let upstream = reader.required("upstream").flatMap { collector.name($0, at: reader.path("upstream")) }
        let weight = reader.read("weight", default: 1) {
            collector.integer($0, at: $1, in: 0...1_000_000).map { Int($0) }
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
        self.request = reader.read("request", default: self.request) { collector.duration($0, at: $1) }
        self.backendRequest = reader.read("backendRequest", default: self.backendRequest) {
            collector.duration($0, at: $1)
        }
        self.idle = reader.read("idle", default: self.idle) { collector.duration($0, at: $1) }
    }
}
