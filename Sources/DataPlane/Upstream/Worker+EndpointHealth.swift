import Balancing
import GatewayModel
import GatewaySnapshot
import Reactor

/// Which endpoints are used: what requests come to here, and what the supervisor finds out.
extension Worker {
    // MARK: Requests

    /// A try has come to nothing.
    func noteFailure(_ pool: PoolRef, _ endpoint: Int) {
        pool.pointee.balancer.failed(endpoint, now: self.now)
        if pool.pointee.detector != nil { self.record(pool, endpoint, .failure) }
    }

    func noteAnswer(_ pool: PoolRef, _ endpoint: Int, status: UInt16) {
        guard pool.pointee.detector != nil else { return }
        switch status {
        case 502, 503, 504: self.record(pool, endpoint, .gatewayError)
        case 500...: self.record(pool, endpoint, .serverError)
        default: self.record(pool, endpoint, .success)
        }
    }

    @inline(never)
    private func record(_ pool: PoolRef, _ endpoint: Int, _ outcome: OutlierDetector.Outcome) {
        guard !pool.pointee.isRetired, pool.pointee.endpoints.indices.contains(endpoint),
            pool.pointee.endpoints[endpoint].isPresent
        else { return }
        let count = pool.pointee.presentCount
        guard
            pool.pointee.detector?.record(
                endpoint, outcome, of: count, usable: pool.pointee.balancer.usableCount, now: self.now) == true
        else { return }
        let reason: EjectionReason = outcome == .serverError ? .serverErrors : .gatewayErrors
        pool.pointee.counters.countEjection(reason)
        self.setEjected(pool, endpoint, true, reason: reason.rawValue)
    }

    private func setEjected(_ pool: PoolRef, _ endpoint: Int, _ isEjected: Bool, reason: String) {
        pool.pointee.endpoints[endpoint].isEjected = isEjected
        self.refreshUse(pool, endpoint)
        self.report(
            .ejection(
                EndpointEjection(
                    upstream: pool.pointee.name, endpoint: pool.pointee.endpoints[endpoint].authority,
                    isEjected: isEjected, reason: reason)))
    }

    /// Lets those back whose ejection is over.
    func endEjections() {
        for pool in self.watchedPools {
            guard let due = pool.pointee.detector?.nextCheck, due <= self.now else { continue }
            var back: [Int] = []
            pool.pointee.detector?.endOverdue(now: self.now) { back.append($0) }
            for endpoint in back where pool.pointee.endpoints.indices.contains(endpoint) {
                self.setEjected(pool, endpoint, false, reason: "time-served")
            }
        }
    }

    /// Lets an endpoint back before its time.
    func pardon(_ pool: PoolRef, _ endpoint: Int, reason: String) {
        pool.pointee.detector?.reset(endpoint)
        self.setEjected(pool, endpoint, false, reason: reason)
    }

    func pardonAll(_ pool: PoolRef) {
        for index in pool.pointee.endpoints.indices where pool.pointee.endpoints[index].isEjected {
            self.pardon(pool, index, reason: "changed")
        }
    }

    private func refreshUse(_ pool: PoolRef, _ endpoint: Int) {
        pool.pointee.balancer.setUsable(endpoint, pool.pointee.endpoints[endpoint].isUsable, now: self.now)
    }

    // MARK: The supervisor

    /// Takes what the supervisor has found out, also of upstreams that come with the next commit.
    func take(_ states: [UpstreamState]) {
        for state in states {
            self.upstreamStates[state.upstream] = state
            guard let slot = self.gateway.slot(ofUpstream: state.upstream), let pool = self.pools[slot],
                let entry = self.gateway.upstreams[slot]
            else { continue }
            self.refresh(pool, entry.upstream)
        }
    }

    /// Brings the endpoints of a pool, and which of them are used, to what is known.
    func refresh(_ pool: PoolRef, _ upstream: Upstream) {
        let state = self.upstreamStates[upstream.name]
        let discovered = upstream.discovery == nil ? nil : state?.endpoints ?? []
        self.bring(pool, to: discovered ?? upstream.endpoints)
        let unhealthy = upstream.healthChecks.active == nil ? [] : state?.unhealthy ?? []
        for index in pool.pointee.endpoints.indices where pool.pointee.endpoints[index].isPresent {
            pool.pointee.endpoints[index].isUnhealthy = unhealthy.contains(pool.pointee.endpoints[index].authority)
            self.refreshUse(pool, index)
        }
    }
}
