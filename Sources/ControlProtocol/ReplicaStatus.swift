package import GatewayModel

/// A resource that a replica could not take, and why.
package struct RejectedResource: Hashable, Sendable {
    /// `nil`: the snapshot as a whole.
    package let key: ResourceKey?
    package let message: String

    package init(key: ResourceKey?, message: String) {
        self.key = key
        self.message = message
    }
}

/// What a replica says about itself to the control plane.
package struct ReplicaStatus: Hashable, Sendable {
    /// Since the replica's start, and now.
    package struct Traffic: Hashable, Sendable {
        package let requests: UInt64
        package let activeRequests: UInt64
        package let responses5xx: UInt64

        package init(requests: UInt64, activeRequests: UInt64, responses5xx: UInt64) {
            self.requests = requests
            self.activeRequests = activeRequests
            self.responses5xx = responses5xx
        }
    }

    package let replica: String
    package let host: String
    /// What it serves; 0: nothing yet.
    package let version: Int64
    package let digest: String
    package let identity: String
    /// `applied`, `rejected` or `starting`.
    package let state: String
    /// Why it rejected what it was offered last.
    package let error: [RejectedResource]
    package let uptimeSeconds: UInt64
    package let traffic: Traffic
    /// What was found out about endpoints.
    package let upstreams: [UpstreamHealth]
    /// What its firewalls found and no report has had.
    package let firewall: FirewallEvents

    package init(
        replica: String, host: String, version: Int64, digest: String, identity: String, state: String,
        error: [RejectedResource], uptimeSeconds: UInt64, traffic: Traffic, upstreams: [UpstreamHealth] = [],
        firewall: FirewallEvents = FirewallEvents()
    ) {
        self.replica = replica
        self.host = host
        self.version = version
        self.digest = digest
        self.identity = identity
        self.state = state
        self.error = error
        self.uptimeSeconds = uptimeSeconds
        self.traffic = traffic
        self.upstreams = upstreams
        self.firewall = firewall
    }
}
