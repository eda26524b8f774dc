import ControlProtocol
import DataPlane
import GatewayModel

extension UpstreamWatch {
    /// A report holds at most so many endpoints: the unhealthy ones first, then those that only this replica knows.
    static let mostReported = 2_000
    private static let mostReasons = 3
    private static let longestReason = 80

    /// What the control plane is told.
    var health: [UpstreamHealth] {
        var ranked: [(rank: Int, upstream: String, endpoint: UpstreamHealth.Endpoint)] = []
        for (name, upstream) in self.served {
            for endpoint in self.endpoints(of: upstream) {
                let health = self.health(of: endpoint, in: name, isDiscovered: upstream.discovery != nil)
                if !health.isHealthy {
                    ranked.append((0, name, health))
                } else if upstream.discovery != nil {
                    ranked.append((1, name, health))
                } else if health.since != nil {
                    ranked.append((2, name, health))
                }
            }
        }
        ranked.sort { ($0.rank, $0.upstream, $0.endpoint.endpoint) < ($1.rank, $1.upstream, $1.endpoint.endpoint) }
        let kept = Dictionary(grouping: ranked.prefix(Self.mostReported), by: \.upstream)
        return kept.sorted { $0.key < $1.key }.map { name, entries in
            UpstreamHealth(
                upstream: name, endpoints: entries.map(\.endpoint).sorted { $0.endpoint < $1.endpoint })
        }
    }

    /// - Parameter isDiscovered: no document says what share it has.
    private func health(
        of endpoint: UpstreamEndpoint, in upstream: String, isDiscovered: Bool = false
    ) -> UpstreamHealth.Endpoint {
        let authority = endpoint.authority
        let verdict = self.verdict(upstream, authority)
        let ejection = self.ejection(upstream, authority)
        var reasons: [String] = []
        if let verdict, !verdict.isHealthy { reasons.append("probe-failed: \(verdict.reason)") }
        reasons += Set(ejection?.reasons.values ?? [:].values).sorted().map { "ejected: \($0)" }
        let since = [verdict?.since, ejection?.since].compactMap(\.self).max()
        return UpstreamHealth.Endpoint(
            endpoint: authority, isHealthy: reasons.isEmpty,
            reasons: reasons.prefix(Self.mostReasons).map { String($0.unicodeScalars.prefix(Self.longestReason)) },
            since: since.map { Int64(clamping: $0) }, weight: isDiscovered ? endpoint.weight : 1,
            isBackup: isDiscovered && endpoint.isBackup)
    }

    /// - Parameter probes: by upstream.
    func addMetrics(to sum: inout MetricSum, probes: [String: ProbeThread.Counts]) {
        for (name, upstream) in self.served {
            let label = MetricSample.Label("upstream", name)
            let endpoints = self.endpoints(of: upstream)
            for endpoint in endpoints {
                let isHealthy = self.health(of: endpoint, in: name).isHealthy
                sum.set(
                    "sluice_endpoint_healthy", [label, MetricSample.Label("endpoint", endpoint.authority)],
                    to: isHealthy ? 1 : 0)
            }
            if let discovery = upstream.discovery {
                sum.set("sluice_discovery_endpoints", [label], to: Double(endpoints.count))
                sum.set("sluice_discovery_failures_total", [label], to: Double(self.failures[discovery] ?? 0))
            }
            guard upstream.healthChecks.active != nil else { continue }
            let counts = probes[name] ?? ProbeThread.Counts()
            for (result, count) in [("success", counts.succeeded), ("failure", counts.failed)] {
                sum.set(
                    "sluice_endpoint_probes_total", [label, MetricSample.Label("result", result)], to: Double(count))
            }
        }
    }
}
