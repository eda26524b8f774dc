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
    /// How a client stays in its share; `nil`: each request is by itself.
    package let sticky: StickySplit?
    /// What backends see instead of host and path.
    package let rewrite: Rewrite?
    /// What is done to fields of requests before those of the share.
    package let requestHeaders: HeaderRules
    /// What is done to fields of answers before those of the share.
    package let responseHeaders: HeaderRules
    /// Who else gets the requests.
    package let mirrors: [Mirror]
    /// How long a request may take.
    package let timeouts: RouteTimeouts
    /// `nil`: no try but the first.
    package let retry: RetryRule?
    /// Names of traffic policies.
    package let policies: [String]
    /// The listener's policies count too.
    package let inherits: Bool

    /// Where requests go; empty for a route that answers itself.
    package var forward: [Share] {
        if case .forward(let shares) = self.action { shares } else { [] }
    }

    /// The upstreams that it names, in the order of the document, with the place of each.
    package var upstreams: [(name: String, pointer: String)] {
        self.forward.enumerated().map { ($1.upstream, "/forward/\($0)/upstream") }
            + self.mirrors.enumerated().map { ($1.upstream, "/mirror/\($0)/upstream") }
    }
}

/// What becomes of a route's requests.
package enum RouteAction: Hashable, Sendable {
    /// Never empty.
    case forward([Share])
    case redirect(Redirect)
    case respond(FixedResponse)
}

/// A part of a route's requests.
package struct Share: Hashable, Sendable {
    /// The name of an upstream.
    package let upstream: String
    /// Of the sum of all weights, at most 1,000,000; 0 gets nothing.
    package let weight: Int
    package let requestHeaders: HeaderRules
    package let responseHeaders: HeaderRules
    /// In place of the route's.
    package let rewrite: Rewrite?

    package init(
        upstream: String, weight: Int, requestHeaders: HeaderRules = HeaderRules(),
        responseHeaders: HeaderRules = HeaderRules(), rewrite: Rewrite? = nil
    ) {
        self.upstream = upstream
        self.weight = weight
        self.requestHeaders = requestHeaders
        self.responseHeaders = responseHeaders
        self.rewrite = rewrite
    }
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
