package import GatewayModel

/// Which answers of a route are compressed.
package enum RouteCompression: Sendable {
    /// What its listener says.
    case inherited
    case none
    case own(CompressionPolicy)
}

/// A route as requests meet it: what it needs at hand, and what it was made of for `explain` and rebuilds.
package final class CompiledRoute: Sendable {
    package let name: String
    /// Slot of the upstream, stable across versions.
    package let upstream: Int
    package let upstreamName: String
    /// Milliseconds; 0 is no limit.
    package let requestTimeout, backendRequestTimeout, idleTimeout: UInt64
    /// Names of listeners; empty: all of them.
    package let listeners: [String]
    /// Empty: every host.
    package let hostnames: [HostPattern]
    /// Alternatives.
    package let matches: [RouteMatch]
    /// Position of creation: the smaller is the older.
    package let order: Int64
    /// Names of traffic policies.
    package let policies: [String]
    package let inherits: Bool
    package let compression: RouteCompression

    /// - Parameter upstream: slot of the upstream of the route's first share.
    package init(_ route: Route, order: Int64, upstream: Int, compression: RouteCompression = .inherited) {
        self.name = route.name
        self.upstream = upstream
        self.upstreamName = route.forward.first?.upstream ?? ""
        self.requestTimeout = route.timeouts.request
        self.backendRequestTimeout = route.timeouts.backendRequest
        self.idleTimeout = route.timeouts.idle
        self.listeners = route.listeners
        self.hostnames = route.hostnames
        self.matches = route.matches
        self.order = order
        self.policies = route.policies
        self.inherits = route.inherits
        self.compression = compression
    }

    private init(_ route: CompiledRoute, compression: RouteCompression) {
        self.name = route.name
        self.upstream = route.upstream
        self.upstreamName = route.upstreamName
        self.requestTimeout = route.requestTimeout
        self.backendRequestTimeout = route.backendRequestTimeout
        self.idleTimeout = route.idleTimeout
        self.listeners = route.listeners
        self.hostnames = route.hostnames
        self.matches = route.matches
        self.order = route.order
        self.policies = route.policies
        self.inherits = route.inherits
        self.compression = compression
    }

    /// The same with another policy in force.
    package func with(compression: RouteCompression) -> CompiledRoute {
        CompiledRoute(self, compression: compression)
    }

    /// The last rule of rank: the older route, then the name by its bytes.
    func isOlder(than other: CompiledRoute) -> Bool {
        self.order != other.order ? self.order < other.order : self.name < other.name
    }

    /// The hosts it stands under; `nil` is every host.
    var hostKeys: Set<HostPattern?> { self.hostnames.isEmpty ? [nil] : Set(self.hostnames) }

    /// Whether a request that this listener took may be served.
    func serves(listener: String) -> Bool { self.listeners.isEmpty || self.listeners.contains(listener) }
}
