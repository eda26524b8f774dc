import Balancing
import ControlProtocol
import GatewayModel

/// The endpoints of an upstream as some replicas see them.
struct ExplainedEndpoints: Hashable {
    struct Endpoint: Hashable {
        let endpoint: UpstreamEndpoint
        let isHealthy: Bool
        let reasons: [String]
    }

    let endpoints: [Endpoint]

    /// What the document says, and a replica's own findings where there is one.
    init(_ upstream: Upstream, _ health: [UpstreamHealth.Endpoint]?) {
        let known = Dictionary((health ?? []).map { ($0.endpoint, $0) }) { first, _ in first }
        guard upstream.discovery != nil else {
            self.endpoints = upstream.endpoints.map { endpoint in
                let found = known[endpoint.authority]
                return Endpoint(
                    endpoint: endpoint, isHealthy: found?.isHealthy ?? true, reasons: found?.reasons ?? [])
            }
            return
        }
        self.endpoints = (health ?? []).compactMap { found in
            UpstreamEndpoint(found).map {
                Endpoint(endpoint: $0, isHealthy: found.isHealthy, reasons: found.reasons)
            }
        }
    }

    /// The balancer that a worker with this knowledge has.
    func balancer(_ upstream: Upstream) -> Balancer {
        var balancer = Balancer(upstream.loadBalancing, panicThreshold: upstream.healthChecks.panicThreshold)
        balancer.replace(
            self.endpoints.map { place in
                BalancedEndpoint(
                    weight: place.endpoint.weight, isBackup: place.endpoint.isBackup,
                    key: KeyHash.hash(place.endpoint.authority))
            }, now: 0)
        for (slot, place) in self.endpoints.enumerated() { balancer.setUsable(slot, place.isHealthy, now: 0) }
        return balancer
    }
}

extension UpstreamEndpoint {
    /// One that a replica discovered.
    fileprivate init?(_ found: UpstreamHealth.Endpoint) {
        guard let colon = found.endpoint.lastIndex(of: ":"),
            let port = UInt16(found.endpoint[found.endpoint.index(after: colon)...]),
            let address = IPAddress(found.endpoint[..<colon].filter { $0 != "[" && $0 != "]" })
        else { return nil }
        self.init(address: address, port: port, weight: found.weight, isBackup: found.isBackup)
    }
}
