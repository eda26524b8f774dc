package import GatewayModel

/// Which answers of a route are compressed.
package enum RouteCompression: Sendable {
    /// What its listener says.
    case inherited
    case none
    case own(CompressionPlan)

    fileprivate var forRequests: (plan: Unmanaged<CompressionPlan>?, inherits: Bool) {
        switch self {
        case .own(let plan): (.passUnretained(plan), false)
        case .none: (nil, false)
        case .inherited: (nil, true)
        }
    }
}

/// What the policies that a route names come to.
package struct RoutePolicies: Sendable {
    package var compression: RouteCompression
    package var faults: FaultPlan?
    /// Who may call; what it is, routing need not know.
    package var access: (any PolicyPlan)?
    /// How much may pass; what it is, routing need not know.
    package var traffic: (any PolicyPlan)?
    /// What is done to the fields of all answers.
    package var answers: AnswerFieldsPlan?

    package init(
        compression: RouteCompression = .inherited, faults: FaultPlan? = nil, access: (any PolicyPlan)? = nil,
        traffic: (any PolicyPlan)? = nil, answers: AnswerFieldsPlan? = nil
    ) {
        self.compression = compression
        self.faults = faults
        self.access = access
        self.traffic = traffic
        self.answers = answers
    }
}

/// Policies that somebody else has compiled.
package typealias PolicyPlan = AnyObject & Sendable

/// The policies that a route names, and what keeps their compiled form.
private final class AttachedPolicies: Sendable {
    let names: [String]
    let inherits: Bool
    let policies: RoutePolicies

    /// - Returns: `nil` for what every route has that says nothing.
    init?(_ names: [String], inherits: Bool, _ policies: RoutePolicies) {
        if names.isEmpty, inherits { return nil }
        self.names = names
        self.inherits = inherits
        self.policies = policies
    }
}

/// A route as requests meet it: what it needs at hand, and what it was made of for `explain` and rebuilds.
package final class CompiledRoute: Sendable {
    package let name: String
    /// Slot of the upstream of the first share, stable across versions; -1 where the route answers itself.
    package let upstream: Int
    package let upstreamName: String
    /// Milliseconds; 0 is no limit.
    package let requestTimeout, backendRequestTimeout, idleTimeout: UInt64
    /// Names of listeners; empty: all that see requests.
    package let listeners: [String]
    /// Empty: every host.
    package let hostnames: [HostPattern]
    /// Alternatives.
    package let matches: [RouteMatch]
    /// Position of creation: the smaller is the older.
    package let order: Int64
    /// The regular expressions of `matches`; `nil`: there are none.
    package let patterns: RoutePatterns?
    /// What most routes have none of.
    private let attached: AttachedPolicies?
    /// What is beyond the plain, for requests: reading it counts no reference.
    package let plan: Unmanaged<RoutePlan>?
    /// What keeps it.
    private let ownPlan: RoutePlan?
    /// The plan of its own, for requests: reading it counts no reference.
    package let compressionPlan: Unmanaged<CompressionPlan>?
    /// Its listener's plan counts.
    package let inheritsCompression: Bool
    /// The plan of its own, for requests: reading it counts no reference.
    package let faultPlan: Unmanaged<FaultPlan>?
    /// Its listener's faults are made too, and its listener's access rules and fields on answers count.
    package let inheritsFaults: Bool
    /// The access rules of its own, for requests: reading it counts no reference.
    // Justified: it is Sendable, as the parameter of `init` says.
    package nonisolated(unsafe) let access: Unmanaged<AnyObject>?
    /// The traffic rules of its own, for requests: reading it counts no reference.
    // Justified: it is Sendable, as the parameter of `init` says.
    package nonisolated(unsafe) let traffic: Unmanaged<AnyObject>?
    /// The fields of its own on answers, for requests: reading it counts no reference.
    package let answersPlan: Unmanaged<AnswerFieldsPlan>?

    /// - Parameter upstream: slot of the upstream of the route's first share.
    /// - Parameter patterns: made of this route; without them no request can be given to a match that has a regular expression.
    package init(
        _ route: Route, order: Int64, upstream: Int, plan: RoutePlan? = nil, policies: RoutePolicies = .init(),
        patterns: RoutePatterns? = nil
    ) {
        self.patterns = patterns
        self.ownPlan = plan
        self.plan = plan.map { .passUnretained($0) }
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
        self.attached = AttachedPolicies(route.policies, inherits: route.inherits, policies)
        self.access = policies.access.map { .passUnretained($0 as AnyObject) }
        self.traffic = policies.traffic.map { .passUnretained($0 as AnyObject) }
        self.faultPlan = policies.faults.map { .passUnretained($0) }
        self.answersPlan = policies.answers.map { .passUnretained($0) }
        self.inheritsFaults = route.inherits
        (self.compressionPlan, self.inheritsCompression) = policies.compression.forRequests
    }

    private init(_ route: CompiledRoute, _ policies: RoutePolicies) {
        self.patterns = route.patterns
        self.ownPlan = route.ownPlan
        self.plan = route.plan
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
        self.attached = AttachedPolicies(route.policies, inherits: route.inherits, policies)
        self.access = policies.access.map { .passUnretained($0 as AnyObject) }
        self.traffic = policies.traffic.map { .passUnretained($0 as AnyObject) }
        self.faultPlan = policies.faults.map { .passUnretained($0) }
        self.answersPlan = policies.answers.map { .passUnretained($0) }
        self.inheritsFaults = route.inherits
        (self.compressionPlan, self.inheritsCompression) = policies.compression.forRequests
    }

    /// The same with other policies in force.
    package func with(_ policies: RoutePolicies) -> CompiledRoute { CompiledRoute(self, policies) }

    /// Of all upstreams that it names.
    package var upstreamNames: [String] { self.ownPlan?.upstreamNames ?? [self.upstreamName] }
    /// Names of policies.
    package var policies: [String] { self.attached?.names ?? [] }
    /// The listener's policies count too.
    package var inherits: Bool { self.attached?.inherits ?? true }

    /// The last rule of rank: the older route, then the name by its bytes.
    func isOlder(than other: CompiledRoute) -> Bool {
        self.order != other.order ? self.order < other.order : self.name < other.name
    }

    /// The hosts it stands under; `nil` is every host.
    var hostKeys: Set<HostPattern?> { self.hostnames.isEmpty ? [nil] : Set(self.hostnames) }
}
