import ControlProtocol
import DataPlane
import RateLimiting
import GatewayModel

extension Supervisor {
    func askForMetrics(_ asker: MetricsCollector.Asker, at now: Instant) {
        let workers = self.metrics.ask(asker, workers: self.readyWorkers, at: now)
        for index in workers.sorted() { self.send(.metrics, to: index, at: now) }
    }

    func takeReport(_ descriptors: [Int32], of index: Int) {
        guard let descriptor = descriptors.first else { return }
        do {
            self.metrics.reported(worker: index, try MetricSample.parse(try SharedPayload.read(descriptor)))
        } catch {
            self.log.error("a worker's metrics cannot be read", ["error": .string("\(error)")])
        }
    }

    func finishMetrics(at now: Instant) {
        guard let result = self.metrics.result(at: now) else { return }
        var sum = result.sum
        self.addOwn(&sum)
        for asker in result.askers {
            switch asker {
            case .status: self.report(sum)
            case .connection(let descriptor):
                let text = Array(sum.prometheusText().utf8)
                let type = "text/plain; version=0.0.4; charset=utf-8"
                self.admin.connections[descriptor]?.answer(
                    AdminAnswer(status: 200, contentType: type, body: text), at: now)
            }
        }
    }

    /// What only the supervisor knows.
    private func addOwn(_ sum: inout MetricSum) {
        sum.set("sluice_config_version", to: Double(self.store.served?.content.version ?? 0))
        sum.set("sluice_snapshot_rejected_total", to: Double(self.rejectedSnapshots + self.source.damagedSnapshots))
        sum.set("sluice_worker_respawns_total", to: Double(self.respawns))
        for (result, count) in [("ok", self.upgrades.succeeded), ("failed", self.upgrades.failed)] {
            sum.set("sluice_upgrades_total", [MetricSample.Label("result", result)], to: Double(count))
        }
        let ready = self.readyWorkers.count
        sum.set("sluice_workers", [MetricSample.Label("state", "ready")], to: Double(ready))
        sum.set("sluice_workers", [MetricSample.Label("state", "down")], to: Double(self.slots.count - ready))
        let limits = self.limits.table.statistics
        sum.set("sluice_rate_limit_keys", to: Double(limits.keys))
        sum.set("sluice_rate_limit_evictions_total", to: Double(limits.evictions))
        sum.set("sluice_rate_limit_uncounted_total", to: Double(limits.uncounted))
        self.watch.addMetrics(to: &sum, probes: self.prober?.probes ?? [:])
        if let connected = self.source.isConnected { sum.set("sluice_control_connected", to: connected ? 1 : 0) }
    }
}
