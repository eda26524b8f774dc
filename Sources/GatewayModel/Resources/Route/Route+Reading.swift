extension Route {
    static let fields = [
        "listeners", "hostnames", "matches", "forward", "redirect", "respond", "sticky", "rewrite", "requestHeaders",
        "responseHeaders", "mirror", "timeouts", "retry", "policies", "inherit",
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
        let action = Self.readAction(&reader)
        let sticky = reader.optional("sticky") { json in collector.object(json) { StickySplit(&$0, route: name) } }
        let rewrite = reader.optional("rewrite") { json in collector.object(json) { Rewrite(&$0) } }
        let (requestHeaders, responseHeaders) = reader.headerRules()
        let mirrors = reader.read("mirror", default: []) { json in
            collector.list(json) { element in collector.object(element) { Mirror(&$0) } }
        }
        let timeouts = reader.read("timeouts", default: RouteTimeouts()) { json in
            collector.object(json) { RouteTimeouts(&$0) }
        }
        let retry = reader.optional("retry") { json in collector.object(json) { RetryRule(&$0) } }
        let policies = reader.read("policies", default: []) { json in
            collector.distinctList(json) { collector.name($0) }
        }
        let inherits = reader.read("inherit", default: true) { collector.boolean($0) }
        guard let action else { return nil }
        self.init(
            name: name, listeners: listeners, hostnames: hostnames,
            matches: matches.isEmpty ? [RouteMatch(path: .prefix("/"))] : matches, action: action,
            rules: RouteRules(
                sticky: sticky, rewrite: rewrite, requestHeaders: requestHeaders, responseHeaders: responseHeaders,
                mirrors: mirrors, timeouts: timeouts, retry: retry),
            policies: policies, inherits: inherits)
        self.checkTogether(reader)
    }

    private static func readAction(_ reader: inout ObjectReader) -> RouteAction? {
        let collector = reader.collector
        let names = ["forward", "redirect", "respond"]
        let given = reader.present(names)
        let forward = reader.optional("forward") { json in
            if json == [] { collector.report("range", "at least one share is required") }
            return collector.list(json) { element in collector.object(element) { Share(&$0) } }
        }
        let redirect = reader.optional("redirect") { json in collector.object(json) { Redirect(&$0) } }
        let respond = reader.optional("respond") { json in collector.object(json) { FixedResponse(&$0) } }
        if given == 0 { reader.fault("forward", "required", "one of forward, redirect and respond is required") }
        if given > 1 { collector.report("conflict", "forward, redirect and respond exclude each other") }
        if let redirect { return .redirect(redirect) }
        if let respond { return .respond(respond) }
        return forward.map { .forward($0) }
    }

    /// What goes with one thing and not with another.
    private func checkTogether(_ reader: ObjectReader) {
        if reader.present(["forward"]) == 0 {
            for field in ["sticky", "rewrite", "requestHeaders", "mirror", "retry"] where reader.present([field]) > 0 {
                reader.fault(field, "conflict", "\(field) goes with forward: this route asks no backend")
            }
        }
        guard !self.matches.allSatisfy(\.path.isPrefix) else { return }
        var rewrites = [("rewrite", self.rewrite?.path)]
        if case .redirect(let redirect) = self.action { rewrites.append(("redirect", redirect.path)) }
        rewrites += self.forward.enumerated().map { ("forward/\($0)/rewrite", $1.rewrite?.path) }
        for (field, path) in rewrites {
            guard case .replacePrefix = path else { continue }
            reader.collector.inside(.path("\(field)/path/replacePrefix")) {
                reader.collector.report(
                    "conflict", "replacePrefix replaces the prefix that matched: all paths in matches must be prefixes")
            }
        }
    }
}

extension PathMatch {
    fileprivate var isPrefix: Bool {
        if case .prefix = self { true } else { false }
    }
}

extension ObjectReader {
    fileprivate mutating func headerRules() -> (request: HeaderRules, response: HeaderRules) {
        let collector = self.collector
        let request = self.read("requestHeaders", default: HeaderRules()) { json in
            collector.object(json) { HeaderRules(&$0) }
        }
        let response = self.read("responseHeaders", default: HeaderRules()) { json in
            collector.object(json) { HeaderRules(&$0) }
        }
        return (request, response)
    }
}

extension Share {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let upstream = reader.required("upstream") { collector.name($0) }
        let weight = reader.read("weight", default: 1) {
            collector.integer($0, in: 0...1_000_000).map { Int($0) }
        }
        let rewrite = reader.optional("rewrite") { json in collector.object(json) { Rewrite(&$0) } }
        let (requestHeaders, responseHeaders) = reader.headerRules()
        guard let upstream else { return nil }
        self.init(
            upstream: upstream, weight: weight, requestHeaders: requestHeaders, responseHeaders: responseHeaders,
            rewrite: rewrite)
    }
}

extension StickySplit {
    private enum Key: String, CaseIterable {
        case cookie, header
        case clientAddress = "client-address"
    }

    /// - Parameter route: names the cookie when nothing else does.
    fileprivate init?(_ reader: inout ObjectReader, route: String) {
        let collector = reader.collector
        guard let key = reader.required("by", { collector.word($0, Key.self) }) else {
            _ = (reader.value("name"), reader.value("lifetime"))
            return nil
        }
        if key != .cookie, reader.value("lifetime") != nil {
            reader.fault("lifetime", "conflict", "lifetime is a cookie's")
        }
        switch key {
        case .cookie:
            let name = reader.read("name", default: "sluice-split-\(route)") { collector.cookieName($0) }
            self = .cookie(name: name, lifetime: reader.lifetime())
        case .header:
            guard let name = reader.required("name", { collector.fieldName($0) }) else { return nil }
            self = .header(name)
        case .clientAddress:
            if reader.value("name") != nil { reader.fault("name", "conflict", "an address has no name") }
            self = .clientAddress
        }
    }
}

extension ObjectReader {
    /// How long a browser keeps a cookie: `session`, which is `nil`, or a duration.
    mutating func lifetime() -> Milliseconds? {
        let collector = self.collector
        return self.optional("lifetime") { json -> Milliseconds?? in
            if json == "session" { return .some(nil) }
            guard let lifetime = collector.duration(json) else { return nil }
            if lifetime >= 1000 { return lifetime }
            collector.report("range", "a cookie lives for a second at least", hint: "or write \"session\"")
            return nil
        } ?? nil
    }
}

extension Mirror {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let upstream = reader.required("upstream") { collector.name($0) }
        let share = reader.read("percent", default: 1_000_000) { collector.perMillion($0) }
        guard let upstream else { return nil }
        self.init(upstream: upstream, perMillion: share)
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

extension RetryRule {
    fileprivate init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.attempts = reader.read("attempts", default: self.attempts) {
            collector.integer($0, in: 0...10).map { Int($0) }
        }
        self.triggers = Set(
            reader.read("on", default: Array(self.triggers)) { json in
                collector.distinctList(json) { collector.word($0, Trigger.self) }
            })
        self.statusCodes = reader.read("statusCodes", default: self.statusCodes) { json in
            collector.distinctList(json) { collector.integer($0, in: 400...599).map { UInt16(clamping: $0) } }
        }
        self.methods = reader.read("methods", default: self.methods) { json in
            collector.distinctList(json) { collector.word($0, Method.self) }
        }
        self.readBackoff(&reader)
        let budget = reader.optional("budget") { json in collector.object(json) { Self.readBudget(&$0, self) } }
        if let budget { (self.budgetPercent, self.minimumConcurrency) = budget }
    }

    private mutating func readBackoff(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let (base, maximum) = (self.backoffBase, self.backoffMaximum)
        let given = reader.optional("backoff") { json in
            collector.object(json) { reader -> (Milliseconds, Milliseconds)? in
                let first = reader.read("base", default: base) { collector.duration($0) }
                let last = reader.read("max", default: max(maximum, first * 10)) { collector.duration($0) }
                if last < first { reader.fault("max", "range", "max is at least base") }
                return (first, last)
            }
        }
        if let given { (self.backoffBase, self.backoffMaximum) = given }
    }

    private static func readBudget(_ reader: inout ObjectReader, _ defaults: RetryRule) -> (Int, Int)? {
        let collector = reader.collector
        let percent = reader.read("percent", default: defaults.budgetPercent) {
            collector.integer($0, in: 0...100).map { Int($0) }
        }
        let minimum = reader.read("minConcurrency", default: defaults.minimumConcurrency) {
            collector.integer($0, in: 0...100_000).map { Int($0) }
        }
        return (percent, minimum)
    }
}

extension FaultCollector {
    /// A percentage with up to four decimals, as parts of a million.
    func perMillion(_ json: JSON) -> Int? {
        let percent: Double
        switch json {
        case .integer(let value): percent = Double(value)
        case .double(let value): percent = value
        default:
            self.report("type", "expected a number, not \(json.kindName)")
            return nil
        }
        guard percent >= 0, percent <= 100, let share = Int(exactly: (percent * 10_000).rounded()) else {
            self.report("range", "must be from 0 to 100")
            return nil
        }
        return share
    }
}
