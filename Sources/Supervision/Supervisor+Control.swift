import ControlProtocol
import DataPlane
import GatewayModel

extension Supervisor {
    static let reportIntervalMilliseconds: UInt64 = 10_000

    /// The control plane has said something.
    func takeOffers(at now: Instant) {
        for offer in self.source.takeOffers(at: now) { self.pending = offer }
        self.advance(at: now)
    }

    /// Every ten seconds the workers' figures are fetched for the status.
    func reportWhenDue(at now: Instant) {
        guard self.source.isReportDue(at: now) else { return }
        self.askForMetrics(.status, at: now)
    }

    func report(_ sum: MetricSum) {
        let traffic = ReplicaStatus.Traffic(
            requests: sum.total("sluice_requests_total"), activeRequests: sum.total("sluice_active_requests"),
            responses5xx: sum.total("sluice_requests_total") { labels in
                labels.contains { $0.name == "code" && $0.value.hasPrefix("5") }
            })
        self.source.report(traffic)
    }
}
