/// One rule: which requests, and where they go.
package struct Route: Hashable, Sendable {
    /// Unique among routes.
    package let name: String
    /// Names of listeners; empty: all that see requests.
    package let listeners: [String]
    /// Empty: every host of its listeners.
    package let hostnames: [HostPattern]
    /// Alternatives; never empty.
    package let matches: [RouteMatch]
    /// Where requests go; one share in this version.
    package let forward: [Share]
    /// How long a request may take.
    package let timeouts: RouteTimeouts
    /// Names of traffic policies.
    package let policies: [String]
    /// The listener's policies count too.
    package let inherits: Bool
}

/// Conditions that all hold for a request.
package struct RouteMatch: Hashable, Sendable {
    /// The condition on the path; `/` as a prefix when none was given.
    package let path: PathMatch

    package init(path: PathMatch) {
        self.path = path
    }
}

/// A part of a route's requests.
package struct Share: Hashable, Sendable {
    /// The name of an upstream.
    package let upstream: String
    /// Of the sum of all weights; 0 gets nothing.
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

    /// The defaults.
    package init() {}
}
