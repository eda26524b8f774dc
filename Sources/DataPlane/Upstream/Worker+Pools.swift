import Balancing
import GatewayModel
import GatewaySnapshot
import HTTPWire
import Reactor

/// Pools as the configuration has them.
extension Worker {
    /// Brings the pool of an upstream that changed, came or went to what is in force.
    ///
    /// - Parameter contexts: for TLS; see `CompiledUpstreams`.
    func replacePool(_ slot: Int, _ contexts: [TLSClientContext]?) {
        while self.pools.count <= slot {
            self.pools.append(nil)
            self.upstreamCounters.append(nil)
            self.poolSources.append(nil)
            self.gaugesBySlot.append(nil)
        }
        let (earlier, known) = (self.pools[slot], self.poolSources[slot])
        guard let entry = self.gateway.upstreams[slot] else {
            self.pools[slot] = nil
            self.poolSources[slot] = nil
            if let known { self.upstreamStates[known.entry.upstream.name] = nil }
            if let earlier { self.retire(earlier) }
            return
        }
        self.poolSources[slot] = PoolSource(entry: entry, contexts: contexts ?? [])
        if let earlier, let known, known.entry.isSpoken(as: entry) {
            return self.configure(earlier, entry.upstream, earlier: known.entry.upstream)
        }
        let counters = self.upstreamCounters[slot] ?? UpstreamCounters()
        self.upstreamCounters[slot] = counters
        let pool = PoolRef.allocate(capacity: 1)
        pool.initialize(to: UpstreamPool(slot: slot, entry.upstream, counters: counters))
        self.pools[slot] = pool
        self.configure(pool, entry.upstream, earlier: nil)
        if let earlier { self.retire(earlier) }
    }

    private func configure(_ pool: PoolRef, _ upstream: Upstream, earlier: Upstream?) {
        pool.pointee.connectTimeout = upstream.timeouts.connect
        pool.pointee.idleTimeout = upstream.timeouts.idle
        pool.pointee.affinity?.release()
        pool.pointee.affinity = PoolAffinity(upstream).map { .passRetained($0) }
        if upstream.persistence != nil, earlier?.persistence == nil {
            for place in pool.pointee.endpoints.indices { self.nameEndpoint(pool, place) }
        }
        self.limit(pool, upstream)
        if let earlier,
            earlier.loadBalancing != upstream.loadBalancing
                || earlier.healthChecks.panicThreshold != upstream.healthChecks.panicThreshold
        {
            pool.pointee.balancer = Balancer(
                upstream.loadBalancing, panicThreshold: upstream.healthChecks.panicThreshold)
            pool.pointee.listed = nil
        }
        if upstream.healthChecks.passive != earlier?.healthChecks.passive {
            self.pardonAll(pool)
            pool.pointee.detector = upstream.healthChecks.passive.map { OutlierDetector($0) }
            pool.pointee.detector?.replace(count: pool.pointee.endpoints.count)
        }
        self.refresh(pool, upstream)
    }

    private func limit(_ pool: PoolRef, _ upstream: Upstream) {
        guard let limits = upstream.circuitBreaker else {
            pool.pointee.breaker = nil
            return
        }
        let slot = pool.pointee.slot
        let gauges = self.gaugesBySlot[slot] ?? UpstreamGauges(upstream: upstream.name, self.gauges)
        self.gaugesBySlot[slot] = gauges
        // Connections that were made without a limit do not count: those that rest can go.
        if pool.pointee.breaker == nil { while self.closeOneIdle(pool) {} }
        pool.pointee.breaker = Breaker(limits: limits, gauges: gauges)
    }

    /// Brings the endpoints of a pool to a list, without touching those that stay.
    func bring(_ pool: PoolRef, to wanted: [UpstreamEndpoint]) {
        guard wanted != pool.pointee.listed else { return }
        pool.pointee.listed = wanted
        var known: [String: Int] = [:]
        var free: [Int] = []
        for index in pool.pointee.endpoints.indices {
            let endpoint = pool.pointee.endpoints[index]
            if endpoint.isPresent { known[endpoint.authority] = index } else if endpoint.isFree { free.append(index) }
        }
        var places: [Int] = []
        var shapes: [Int: BalancedEndpoint] = [:]
        for (position, endpoint) in wanted.enumerated() {
            let text = endpoint.authority
            guard
                let place = known.removeValue(forKey: text)
                    ?? self.place(endpoint, text, pool, position: position, at: free.last)
            else { continue }
            if place == free.last { free.removeLast() }
            places.append(place)
            shapes[place] = BalancedEndpoint(
                weight: endpoint.weight, isBackup: endpoint.isBackup, key: KeyHash.hash(text))
        }
        for gone in known.values { self.depart(gone, from: pool) }
        pool.pointee.presentCount = places.count
        let count = pool.pointee.endpoints.count
        pool.pointee.balancer.replace((0..<count).map { shapes[$0] }, now: self.now)
        pool.pointee.detector?.replace(count: count)
    }

    private func place(
        _ endpoint: UpstreamEndpoint, _ text: String, _ pool: PoolRef, position: Int, at free: Int?
    ) -> Int? {
        guard let address = SocketAddress(literal: endpoint.address.text, port: endpoint.port) else { return nil }
        let source = self.poolSources[pool.pointee.slot]
        let place = pool.pointee.place(
            Endpoint(address: address, text: text, context: source?.context(at: position)), at: free)
        pool.pointee.detector?.replace(count: pool.pointee.endpoints.count)
        pool.pointee.detector?.reset(place)
        if pool.pointee.affinity?._withUnsafeGuaranteedRef({ $0.persists }) == true { self.nameEndpoint(pool, place) }
        return place
    }

    /// The upstream has the endpoint no more: what it is serving ends there.
    private func depart(_ index: Int, from pool: PoolRef) {
        if pool.pointee.endpoints[index].isEjected { self.pardon(pool, index, reason: "gone") }
        pool.pointee.endpoints[index].isPresent = false
        // Held for the loop, as in `retire`.
        pool.pointee.endpoints[index].connections += 1
        while let upstream = pool.pointee.endpoints[index].idle { self.closeUpstream(upstream) }
        self.retireCarriers(pool, index)
        pool.pointee.endpoints[index].connections -= 1
    }
}

/// What a pool is made of, for endpoints that come later.
struct PoolSource {
    let entry: UpstreamEntry
    /// One for each endpoint of the document; of discovered ones a single one for all.
    let contexts: [TLSClientContext]

    func context(at position: Int) -> TLSClientContext? {
        self.entry.upstream.discovery != nil || position >= self.contexts.count
            ? self.contexts.first : self.contexts[position]
    }
}

extension UpstreamEntry {
    /// Connections of the one serve the other.
    fileprivate func isSpoken(as other: UpstreamEntry) -> Bool {
        self.upstream.proto == other.upstream.proto && self.upstream.tls == other.upstream.tls
            && self.upstream.discovery?.hostname == other.upstream.discovery?.hostname
            && self.authorities == other.authorities && self.clientCertificate == other.clientCertificate
    }
}
