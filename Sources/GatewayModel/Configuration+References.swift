extension ResourceSpec {
    /// What it is decides whether those that refer to it may.
    var constrainsReferrers: Bool {
        switch self {
        case .listener, .certificate: true
        case .upstream(let upstream): upstream.proto != .http1
        case .route, .authPolicy, .trafficPolicy, .consumer: false
        }
    }

    /// What the resource refers to by kind and name, with the place in its document; policies are not among it.
    package var references: [(key: ResourceKey, pointer: String)] {
        switch self {
        case .certificate, .trafficPolicy, .consumer: []
        case .authPolicy(let policy): policy.references
        case .listener(let listener): listener.references
        case .upstream(let upstream): upstream.references
        case .route(let route):
            route.listeners.enumerated().map { (ResourceKey(kind: .listener, name: $1), "/listeners/\($0)") }
                + route.upstreams.map { (ResourceKey(kind: .upstream, name: $0), $1) }
        }
    }
}

extension ResourceSpec {
    /// Names of policies that the resource attaches.
    package var policies: [String] {
        switch self {
        case .listener(let listener): listener.policies
        case .route(let route): route.policies
        case .upstream, .certificate, .authPolicy, .trafficPolicy, .consumer: []
        }
    }

    /// What the resource refers to. Said of every resource that comes or goes; places are wanted only where something is wrong.
    var targets: [ResourceKey] {
        guard case .route(let route) = self else { return self.references.map(\.key) }
        let upstreams = route.upstreamNames.map { ResourceKey(kind: .upstream, name: $0) }
        if route.listeners.isEmpty { return upstreams }
        return route.listeners.map { ResourceKey(kind: .listener, name: $0) } + upstreams
    }
}

extension Listener {
    fileprivate var references: [(key: ResourceKey, pointer: String)] {
        let validation = self.tls?.clientValidation
        let certificates = self.tls?.certificates.enumerated().map { ($1, "/tls/certificates/\($0)") } ?? []
        let authorities = validation?.authorities.enumerated().map { ($1, "/tls/clientValidation/ca/\($0)") } ?? []
        return (certificates + authorities).map { (ResourceKey(kind: .certificate, name: $0), $1) }
    }
}

extension AuthPolicy {
    fileprivate var references: [(key: ResourceKey, pointer: String)] {
        guard case .extAuth(let policy) = self.settings else { return [] }
        return [(ResourceKey(kind: .upstream, name: policy.upstream), "/extAuth/upstream")]
    }
}

extension Upstream {
    fileprivate var references: [(key: ResourceKey, pointer: String)] {
        let authorities = self.tls?.authorities.enumerated().map { ($1, "/tls/ca/\($0)") } ?? []
        let own = self.tls?.clientCertificate.map { [($0, "/tls/clientCertificate")] } ?? []
        return (authorities + own).map { (ResourceKey(kind: .certificate, name: $0), $1) }
    }
}
