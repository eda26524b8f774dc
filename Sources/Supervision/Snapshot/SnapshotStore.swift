import ControlProtocol
import DataPlane
import GatewayModel

/// What the replica serves, and what it is about to serve.
struct SnapshotStore {
    /// A version's content, with the sockets that it needs.
    struct Version {
        var content: SnapshotContent
        /// By the listener's name.
        var listeners: [ResourceKey: ListenAddress] = [:]
        /// Upstreams whose endpoints are discovered, probed or ejected, by name.
        var upstreams: [String: Upstream] = [:]
        /// Where policies have key sets from, with what each is good for in milliseconds, by the policy's name.
        fileprivate var keySetsByPolicy: [String: [String: Milliseconds]] = [:]

        /// Every URL once, with the shortest time that a policy names.
        var keySets: [String: Milliseconds] {
            self.keySetsByPolicy.values.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: min) }
        }

        var addresses: Set<ListenAddress> { Set(self.listeners.values) }
    }

    private(set) var served: Version?
    private var staged: Version?
    /// What is being installed, as it came.
    private(set) var update: PendingUpdate?

    /// What is being installed; without that, what is served.
    var installing: Version? { self.staged ?? self.served }

    /// Applies an update beside what is served. Nothing is changed when it throws.
    mutating func stage(_ next: PendingUpdate) throws(ProtocolError) {
        let update = next.update
        let isContinued = update.from != nil || self.served?.content.identity == update.identity
        let base = isContinued ? self.served : nil
        var version = base ?? Version(content: SnapshotContent(identity: update.identity))
        if let content = next.content { version.content = content } else { try version.content.apply(update) }
        version.note(update)
        (self.staged, self.update) = (version, next)
    }

    /// The staged version is served now.
    mutating func keep() {
        if let staged { self.served = staged }
        self.discard()
    }

    mutating func discard() { (self.staged, self.update) = (nil, nil) }
}

extension SnapshotStore.Version {
    /// Follows the listeners and what is watched, so that nobody has to look through all resources for them.
    fileprivate mutating func note(_ update: SnapshotUpdate) {
        if update.from == nil { (self.listeners, self.upstreams, self.keySetsByPolicy) = ([:], [:], [:]) }
        for key in update.deletes {
            self.listeners[key] = nil
            if key.kind == .upstream { self.upstreams[key.name] = nil }
            if key.kind == .authPolicy { self.keySetsByPolicy[key.name] = nil }
        }
        for entry in update.upserts {
            switch entry.resource.spec {
            case .listener(let listener):
                self.listeners[entry.resource.key] = ListenAddress(address: listener.address.text, port: listener.port)
            case .upstream(let upstream):
                let isFollowed = upstream.isWatched || upstream.healthChecks.passive != nil
                self.upstreams[upstream.name] = isFollowed ? upstream : nil
            case .authPolicy(let policy): self.keySetsByPolicy[policy.name] = policy.keySets
            case .route, .certificate, .trafficPolicy, .consumer: break
            }
        }
    }
}

extension AuthPolicy {
    /// What it has keys from, with what each is good for.
    fileprivate var keySets: [String: Milliseconds]? {
        guard case .jwt(let settings) = self.settings else { return nil }
        var found: [String: Milliseconds] = [:]
        for case .remote(let uri, let cache) in settings.providers.lazy.map(\.keys) {
            found[uri] = min(cache, found[uri] ?? cache)
        }
        return found.isEmpty ? nil : found
    }
}
