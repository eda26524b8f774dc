import Glibc
import Reactor

extension Worker {
    /// Hands the supervisor this worker's counters, in a memfd beside the message.
    func reportMetrics() {
        let bytes = MetricSample.encode(self.samples())
        do throws(ChannelError) {
            let payload = try SharedPayload.write(bytes)
            self.report(.metricsReport, descriptors: [payload])
            Glibc.close(payload)
        } catch {
            return
        }
    }

    private func samples() -> [MetricSample] {
        self.connectionSamples() + self.requestSamples() + self.upstreamSamples() + self.answerSamples()
            + self.mirrorSamples()
            + self.accessSamples() + self.storeSamples
            + self.traffic.samples
            + self.firewall.counters.samples()
            + self.counters.durations.samples("sluice_request_duration_seconds")
    }

    private func connectionSamples() -> [MetricSample] {
        [
            MetricSample(
                "sluice_connections", [.init("side", "client")], value: Double(self.counters.clientConnections)),
            MetricSample(
                "sluice_connections", [.init("side", "upstream")], value: Double(self.counters.upstreamConnections)),
            MetricSample("sluice_active_requests", value: Double(self.counters.activeRequests)),
            MetricSample("sluice_log_dropped_total", value: Double(self.counters.logDropped)),
            MetricSample("sluice_connections_refused_total", value: Double(self.counters.connectionsRefused)),
            MetricSample("sluice_openings_refused_total", value: Double(self.counters.openingsRefused)),
            MetricSample(
                "sluice_tls_handshakes_total", [.init("result", "full")], value: Double(self.counters.handshakes.full)),
            MetricSample(
                "sluice_tls_handshakes_total", [.init("result", "resumed")],
                value: Double(self.counters.handshakes.resumed)),
            MetricSample(
                "sluice_tls_handshakes_total", [.init("result", "failed")],
                value: Double(self.counters.handshakes.failed)),
            MetricSample("sluice_invariant_broken_total", value: Double(self.counters.invariantBroken)),
        ]
    }

    private func requestSamples() -> [MetricSample] {
        self.acceptors.compactMap { $0 }.flatMap { acceptor in
            acceptor.pointee.counters.nonZero.map { code, count in
                MetricSample(
                    "sluice_requests_total",
                    [.init("listener", acceptor.pointee.settings.name), .init("code", "\(code)")], value: Double(count))
            }
        }
    }

    private func upstreamSamples() -> [MetricSample] {
        self.pools.compactMap { $0 }.flatMap { pool in
            let name = MetricSample.Label("upstream", pool.pointee.name)
            let requests = pool.pointee.counters.nonZero.map { label, count in
                MetricSample("sluice_upstream_requests_total", [name, .init("code", label)], value: Double(count))
            }
            let retries = pool.pointee.counters.retries
            let ejections = EjectionReason.allCases.compactMap { reason -> MetricSample? in
                let count = pool.pointee.counters.ejections(reason)
                let labels = [name, .init("reason", reason.rawValue)]
                return count > 0
                    ? MetricSample("sluice_endpoint_ejections_total", labels, value: Double(count)) : nil
            }
            return requests
                + (retries > 0 ? [MetricSample("sluice_upstream_retries_total", [name], value: Double(retries))] : [])
                + ejections
        }
    }

    private func answerSamples() -> [MetricSample] {
        Reason.allCases.compactMap { reason in
            let count = self.counters.answers[Int(reason.rawValue)]
            guard count > 0 else { return nil }
            return MetricSample(
                "sluice_gateway_answers_total", [.init("reason", reason.code.description)], value: Double(count))
        }
    }
}

extension DurationHistogram {
    /// As Prometheus has them.
    func samples(_ name: String) -> [MetricSample] {
        var samples: [MetricSample] = []
        var total: UInt64 = 0
        for index in self.buckets.indices {
            total += self.buckets[index]
            let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
            samples.append(MetricSample("\(name)_bucket", [.init("le", bound)], value: Double(total)))
        }
        samples.append(MetricSample("\(name)_sum", value: Double(self.sumNanoseconds) / 1e9))
        samples.append(MetricSample("\(name)_count", value: Double(total)))
        return samples
    }
}
