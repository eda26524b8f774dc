/// One rule: which requests, and what becomes of them.
package struct Route: Hashable, Sendable {
    /// Unique among routes.
    package let name: String
    /// Names of listeners; empty: all that see requests.
    package let listeners: [String]
    /// Empty: every host of its listeners.
    package let hostnames: [HostPattern]
    /// Alternatives; never empty.
    package let matches: [RouteMatch]
    /// Where requests go, or what answers them.
    package let action: RouteAction
    /// Names of traffic policies.
    package let policies: [String]
    /// The listener's policies count too.
    package let inherits: Bool
    private let apart: Apart<RouteRules>

    init(
        name: String, listeners: [String], hostnames: [HostPattern], matches: [RouteMatch], action: RouteAction,
        rules: RouteRules, policies: [String], inherits: Bool
    ) {
        self.name = name
        self.listeners = listeners
        self.hostnames = hostnames
        self.matches = matches
        self.action = action
        self.policies = policies
        self.inherits = inherits
        self.apart = rules == RouteRules() ? .nothing : .some(rules)
    }

    /// What is done to requests and answers on their way.
    private var rules: RouteRules { if case .some(let rules) = self.apart { rules } else { RouteRules() } }
    /// How a client stays in its share; `nil`: each request is by itself.
    package var sticky: StickySplit? { self.rules.sticky }
    /// What backends see instead of host and path.
    package var rewrite: Rewrite? { self.rules.rewrite }
    /// What is done to fields of requests before those of the share.
    package var requestHeaders: HeaderRules { self.rules.requestHeaders }
    /// What is done to fields of answers before those of the share.
    package var responseHeaders: HeaderRules { self.rules.responseHeaders }
    /// Who else gets the requests.
    package var mirrors: [Mirror] { self.rules.mirrors }
    /// How long a request may take.
    package var timeouts: RouteTimeouts { self.rules.timeouts }
    /// `nil`: no try but the first.
    package var retry: RetryRule? { self.rules.retry }

    /// Where requests go; empty for a route that answers itself.
    package var forward: [Share] {
        if case .forward(let shares) = self.action { shares } else { [] }
    }

    /// The upstreams that it names, in the order of the document.
    package var upstreamNames: [String] {
        let (forward, mirrors) = (self.forward, self.mirrors)
        return mirrors.isEmpty ? forward.map(\.upstream) : forward.map(\.upstream) + mirrors.map(\.upstream)
    }

    /// The same with the place of each.
    package var upstreams: [(name: String, pointer: String)] {
        self.forward.enumerated().map { ($1.upstream, "/forward/\($0)/upstream") }
            + self.mirrors.enumerated().map { ($1.upstream, "/mirror/\($0)/upstream") }
    }
}

/// What most routes and shares say nothing about; it lies elsewhere, so that the many that say nothing stay small.
enum Apart<Value: Hashable & Sendable>: Hashable, Sendable {
    case nothing
    indirect case some(Value)
}

/// What a route does to requests and answers beyond sending them somewhere.
struct RouteRules: Hashable, Sendable {
    var sticky: StickySplit?
    var rewrite: Rewrite?
    var requestHeaders = HeaderRules()
    var responseHeaders = HeaderRules()
    var mirrors: [Mirror] = []
    var timeouts = RouteTimeouts()
    var retry: RetryRule?
}

/// What becomes of a route's requests.
package enum RouteAction: Hashable, Sendable {
    /// Never empty.
    case forward([Share])
    indirect case redirect(Redirect)
    indirect case respond(FixedResponse)
}

/// A part of a route's requests.
package struct Share: Hashable, Sendable {
    private struct Rules: Hashable, Sendable {
        var requestHeaders = HeaderRules()
        var responseHeaders = HeaderRules()
        var rewrite: Rewrite?
    }

    /// The name of an upstream.
    package let upstream: String
    /// Of the sum of all weights, at most 1,000,000; 0 gets nothing.
    package let weight: Int
    private let apart: Apart<Rules>

    package init(
        upstream: String, weight: Int, requestHeaders: HeaderRules = HeaderRules(),
        responseHeaders: HeaderRules = HeaderRules(), rewrite: Rewrite? = nil
    ) {
        self.upstream = upstream
        self.weight = weight
        let rules = Rules(requestHeaders: requestHeaders, responseHeaders: responseHeaders, rewrite: rewrite)
        self.apart = rules == Rules() ? .nothing : .some(rules)
    }

    private var rules: Rules { if case .some(let rules) = self.apart { rules } else { Rules() } }
    package var requestHeaders: HeaderRules { self.rules.requestHeaders }
    package var responseHeaders: HeaderRules { self.rules.responseHeaders }
    /// In place of the route's.
    package var rewrite: Rewrite? { self.rules.rewrite }
}

/// What keeps a client in its share of a split.
package enum StickySplit: Hashable, Sendable {
    /// A signed cookie names the share; `lifetime` in milliseconds, `nil`: until the browser closes.
    case cookie(name: String, lifetime: Milliseconds?)
    /// A hash of this field's first value, in lower case.
    case header(String)
    /// A hash of the client's address.
    case clientAddress
}

/// Another upstream that gets copies of a route's requests, and whose answers nobody sees.
package struct Mirror: Hashable, Sendable {
    /// The name of an upstream.
    package let upstream: String
    /// Of a million requests, how many are copied.
    package let perMillion: Int
}

/// Milliseconds; 0 is no limit.
package struct RouteTimeouts: Hashable, Sendable {
    /// From the whole request to the whole answer.
    package var request: Milliseconds = 15_000
    /// One try.
    package var backendRequest: Milliseconds = 0
    /// Silence on an answer that has begun.
    package var idle: Milliseconds = 300_000

    /// The defaults.
    package init() {}
}

/// When and how a request is tried again.
package struct RetryRule: Hashable, Sendable {
    /// What may happen to a try that another one follows.
    package enum Trigger: String, CaseIterable, Sendable {
        /// No connection could be made, TLS included.
        case connectFailure = "connect-failure"
        /// The upstream says that it has not processed the request (RFC 9113 section 8.7).
        case refusedStream = "refused-stream"
        /// The connection or stream ended before an answer began.
        case reset
        /// `timeouts.backendRequest` ran out.
        case timeout
    }

    package enum Method: String, CaseIterable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
        case options = "OPTIONS"
        case patch = "PATCH"
    }

    /// Tries after the first.
    package var attempts = 2
    package var triggers: Set<Trigger> = Set(Trigger.allCases)
    /// Answers that are not passed on while tries are left.
    package var statusCodes: [UInt16] = [503]
    package var methods: [Method] = [.get, .head, .options, .put, .delete]
    /// Milliseconds before the first retry at most; each further one may wait twice as long.
    package var backoffBase: Milliseconds = 25
    package var backoffMaximum: Milliseconds = 250
    /// Of the requests that are under way to an upstream, how many percent may be retries.
    package var budgetPercent = 20
    /// So many retries at once are always within the budget.
    package var minimumConcurrency = 3

    /// The defaults.
    package init() {}
}
