import ControlProtocol

extension ReplicaStatus {
    private static let mostErrors = 100
    private static let mostEndpoints = 10_000

    /// What is kept of a report: enough for people, however much was sent.
    var bounded: ReplicaStatus {
        var left = Self.mostEndpoints
        var upstreams: [UpstreamHealth] = []
        for health in self.upstreams where left > 0 {
            let endpoints = health.endpoints.prefix(left)
            left -= max(endpoints.count, 1)
            upstreams.append(UpstreamHealth(upstream: health.upstream, endpoints: endpoints.map(\.bounded)))
        }
        return ReplicaStatus(
            replica: self.replica, host: self.host.cut(to: 256), version: self.version,
            digest: self.digest.cut(to: 256),
            identity: self.identity.cut(to: 256), state: self.state,
            error: self.error.prefix(Self.mostErrors).map {
                RejectedResource(key: $0.key, message: $0.message.cut(to: 1024))
            }, uptimeSeconds: self.uptimeSeconds, traffic: self.traffic, upstreams: upstreams)
    }
}

extension UpstreamHealth.Endpoint {
    fileprivate var bounded: UpstreamHealth.Endpoint {
        UpstreamHealth.Endpoint(
            endpoint: self.endpoint.cut(to: 256), isHealthy: self.isHealthy,
            reasons: self.reasons.prefix(16).map { $0.cut(to: 256) }, since: self.since, weight: self.weight,
            isBackup: self.isBackup)
    }
}

extension String {
    /// Its beginning, and a sign that there was more.
    func cut(to bytes: Int) -> String {
        if self.utf8.count <= bytes { return self }
        return String(decoding: self.utf8.prefix(bytes), as: UTF8.self) + "…"
    }
}
