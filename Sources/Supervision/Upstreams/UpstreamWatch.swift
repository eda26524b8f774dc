import DataPlane
import GatewayModel

/// All that the supervisor knows of upstreams: what was discovered, what probes found, what workers ejected.
///
/// A value without I/O. An update that is prepared is *staged*: its names are looked up beside those of what is served, and
/// it counts for everything else once it is *installed*. What is known of a name belongs to its `Discovery`, what is known
/// of an endpoint to the upstream's name and the endpoint's authority, so that both outlive changes of the rest.
struct UpstreamWatch {
    /// What probes found about one endpoint.
    struct Verdict: Equatable {
        let isHealthy: Bool
        let reason: String
        /// Wall clock, milliseconds since 1970.
        let since: UInt64
    }

    /// What passive checks of workers found about one endpoint.
    struct Ejection: Equatable {
        /// Reasons by worker.
        var reasons: [Int: String] = [:]
        /// Wall clock of the last change, milliseconds since 1970.
        var since: UInt64
    }

    /// Those with something to watch, by name.
    private(set) var served: [String: Upstream] = [:]
    private var staged: [String: Upstream]?
    /// Last good answers.
    private(set) var found: [Discovery: [UpstreamEndpoint]] = [:]
    /// Names that were answered, well or not.
    private var answered: Set<Discovery> = []
    /// Lookups that failed, by name.
    private(set) var failures: [Discovery: UInt64] = [:]
    /// By upstream and authority.
    private var verdicts: [String: [String: Verdict]] = [:]
    private(set) var ejections: [String: [String: Ejection]] = [:]

    /// What a predecessor knew, until the first configuration is installed.
    private struct Inherited {
        var found: [Discovery: [UpstreamEndpoint]] = [:]
        var verdicts: [String: [String: Verdict]] = [:]
    }

    private var inherited = Inherited()

    init() {}

    // MARK: succession

    /// - Parameter wall: milliseconds since 1970.
    init(inheriting upstreams: [KnownUpstream], at wall: UInt64) {
        for known in upstreams {
            if let discovery = known.discovery { self.inherited.found[discovery] = known.state.endpoints }
            let verdict = Verdict(isHealthy: false, reason: "unhealthy before the upgrade", since: wall)
            self.inherited.verdicts[known.state.upstream] = Dictionary(
                known.state.unhealthy.map { ($0, verdict) }
            ) { $1 }
        }
    }

    /// What a successor is to know.
    var known: [KnownUpstream] {
        self.states.map { KnownUpstream(state: $0, discovery: self.served[$0.upstream]?.discovery) }
    }

    // MARK: configuration

    /// An update is being prepared. Returns the names to begin with.
    mutating func stage(_ upstreams: [String: Upstream]) -> Set<Discovery> {
        let known = self.wanted
        self.staged = upstreams
        let new = self.wanted.subtracting(known)
        for discovery in new { self.found[discovery] = self.lastGood(of: discovery) }
        return new
    }

    /// What is known of a name by another port or another interval holds until its own answer comes.
    private func lastGood(of discovery: Discovery) -> [UpstreamEndpoint]? {
        let known = self.found.merging(self.inherited.found) { own, _ in own }
        return known.lazy.compactMap { discovery.adopted($1, of: $0) }.first
    }

    /// Whether what is staged has a name that nobody has answered for yet.
    var isWaiting: Bool {
        self.staged?.values.contains { $0.discovery.map { !self.answered.contains($0) } ?? false } ?? false
    }

    /// What was staged is not to come. Returns the names that nobody wants any more.
    mutating func discard() -> Set<Discovery> {
        let known = self.wanted
        self.staged = nil
        return self.forget(known.subtracting(self.wanted))
    }

    /// What was staged counts. Returns the upstreams of which workers are to be told, and the names that nobody wants.
    mutating func install() -> (changed: Set<String>, forgotten: Set<Discovery>) {
        guard let staged else { return ([], []) }
        let (known, before) = (self.wanted, self.served)
        self.served = staged
        self.staged = nil
        for name in staged.keys { self.verdicts[name] = self.verdicts[name] ?? self.inherited.verdicts[name] }
        self.inherited = Inherited()
        let changed = staged.filter { before[$0.key] != $0.value }.keys
        self.tidy(Set(changed).union(before.keys.filter { staged[$0] == nil }))
        return (Set(changed), self.forget(known.subtracting(self.wanted)))
    }

    private var wanted: Set<Discovery> {
        Set(self.served.values.compactMap(\.discovery)).union(self.staged?.values.compactMap(\.discovery) ?? [])
    }

    /// Whether anybody wants to know of a name.
    func follows(_ discovery: Discovery) -> Bool { self.wanted.contains(discovery) }

    private mutating func forget(_ names: Set<Discovery>) -> Set<Discovery> {
        for name in names { (self.found[name], self.failures[name]) = (nil, nil) }
        self.answered.subtract(names)
        return names
    }

    /// What is known of endpoints that are there no more goes.
    private mutating func tidy(_ upstreams: Set<String>) {
        for name in upstreams {
            let upstream = self.served[name]
            let there = Set(upstream.map(self.endpoints(of:))?.map(\.authority) ?? [])
            let isProbed = upstream?.healthChecks.active != nil
            self.verdicts[name] = self.verdicts[name]?.filter { isProbed && there.contains($0.key) }
            self.ejections[name] = self.ejections[name]?.filter { there.contains($0.key) }
            if self.verdicts[name]?.isEmpty == true { self.verdicts[name] = nil }
            if self.ejections[name]?.isEmpty == true { self.ejections[name] = nil }
        }
    }

    // MARK: events

    /// Returns the served upstreams whose endpoints these are.
    mutating func discovered(_ endpoints: [UpstreamEndpoint], by discovery: Discovery) -> Set<String> {
        guard self.wanted.contains(discovery) else { return [] }
        self.answered.insert(discovery)
        self.found[discovery] = endpoints
        let upstreams = Set(self.served.values.lazy.filter { $0.discovery == discovery }.map(\.name))
        self.tidy(upstreams)
        return upstreams
    }

    mutating func failed(_ discovery: Discovery) {
        guard self.wanted.contains(discovery) else { return }
        self.answered.insert(discovery)
        self.failures[discovery, default: 0] += 1
    }

    /// Returns whether this is news to workers.
    mutating func probed(_ upstream: String, _ authority: String, _ verdict: Verdict) -> Bool {
        guard let served = self.served[upstream], served.healthChecks.active != nil,
            self.endpoints(of: served).contains(where: { $0.authority == authority })
        else { return false }
        let before = self.verdicts[upstream]?[authority]
        self.verdicts[upstream, default: [:]][authority] = verdict
        return (before?.isHealthy ?? true) != verdict.isHealthy
    }

    /// Returns whether an endpoint is ejected, or taken back, by that.
    mutating func ejected(_ ejection: EndpointEjection, worker: Int, at wall: UInt64) -> Bool {
        guard let upstream = self.served[ejection.upstream],
            self.endpoints(of: upstream).contains(where: { $0.authority == ejection.endpoint })
        else { return false }
        var entry = self.ejections[ejection.upstream]?[ejection.endpoint] ?? Ejection(since: wall)
        let before = entry.reasons
        entry.reasons[worker] = ejection.isEjected ? ejection.reason : nil
        guard entry.reasons != before else { return false }
        if before.isEmpty != entry.reasons.isEmpty { entry.since = wall }
        self.ejections[ejection.upstream, default: [:]][ejection.endpoint] = entry
        return true
    }

    /// A new process ejects anew. Returns whether that changes anything.
    mutating func lost(worker: Int, at wall: UInt64) -> Bool {
        var isChanged = false
        for (upstream, endpoints) in self.ejections {
            for (authority, ejection) in endpoints where ejection.reasons[worker] != nil {
                var left = ejection
                left.reasons[worker] = nil
                if left.reasons.isEmpty { left.since = wall }
                self.ejections[upstream]?[authority] = left
                isChanged = true
            }
        }
        return isChanged
    }

    // MARK: what is known

    /// Empty before the first answer.
    func endpoints(of upstream: Upstream) -> [UpstreamEndpoint] {
        upstream.discovery.map { self.found[$0] ?? [] } ?? upstream.endpoints
    }

    func verdict(_ upstream: String, _ authority: String) -> Verdict? { self.verdicts[upstream]?[authority] }

    func ejection(_ upstream: String, _ authority: String) -> Ejection? { self.ejections[upstream]?[authority] }

    /// What workers are told; `nil` for upstreams that are as their documents say.
    func state(of name: String) -> UpstreamState? {
        guard let upstream = self.served[name], upstream.isWatched else { return nil }
        let unhealthy = self.verdicts[name]?.filter { !$0.value.isHealthy }.keys
        return UpstreamState(
            upstream: name, endpoints: upstream.discovery.flatMap { self.found[$0] },
            unhealthy: Set(unhealthy ?? [:].keys))
    }

    /// All of them, by name.
    var states: [UpstreamState] { self.served.keys.sorted().compactMap(self.state(of:)) }
}

extension Discovery {
    /// The endpoints that another discovery found, where that is about the same name; ports of SRV come with the answer.
    fileprivate func adopted(_ endpoints: [UpstreamEndpoint], of other: Discovery) -> [UpstreamEndpoint]? {
        guard self.hostname == other.hostname else { return nil }
        switch (self.source, other.source) {
        case (.dns(let port), .dns):
            return endpoints.map {
                UpstreamEndpoint(address: $0.address, port: port, weight: $0.weight, isBackup: $0.isBackup)
            }
        case (.dnsSRV, .dnsSRV): return endpoints
        case (.dns, .dnsSRV), (.dnsSRV, .dns): return nil
        }
    }
}
