import ControlProtocol
import GatewayModel
import Probing

/// What the thread that probes was told last about an upstream.
struct ProbePlan: Equatable {
    let settings: ProbeSettings
    let targets: Set<ProbeTarget>
}

extension Supervisor {
    /// Brings the thread that probes up to date with what is served, certificates included.
    func planProbes() {
        let content = self.store.installing?.content
        for name in self.probePlans.keys where self.watch.served[name]?.healthChecks.active == nil {
            self.probePlans[name] = nil
            self.prober?.configure(name, nil, [])
        }
        for upstream in self.watch.served.values {
            guard let check = upstream.healthChecks.active else { continue }
            let tls = ProbeTLS(upstream, content)
            self.planProbes(of: upstream, ProbeSettings(check: check, proto: upstream.proto, tls: tls))
        }
    }

    /// Endpoints of these have changed. What they are probed with stays: the configuration that is served in name may be the
    /// one before the one that was installed.

    func planProbes(of names: Set<String>) {
        for name in names {
            guard let upstream = self.watch.served[name], let plan = self.probePlans[name] else { continue }
            self.planProbes(of: upstream, plan.settings)
        }
    }

    private func planProbes(of upstream: Upstream, _ settings: ProbeSettings) {
        let plan = ProbePlan(
            settings: settings,
            targets: Set(self.watch.endpoints(of: upstream).map { ProbeTarget(upstream: upstream.name, $0) }))
        guard self.probePlans.updateValue(plan, forKey: upstream.name) != plan else { return }
        do throws(SystemError) {
            if self.prober == nil { self.prober = try ProbeThread(wakeUp: self.wakeUp) }
            self.prober?.configure(upstream.name, plan.settings, plan.targets)
        } catch {
            self.log.error("endpoints cannot be probed", ["error": .string(error.message)])
        }
    }

    /// Returns the upstream when workers are to be told.
    func take(_ report: ProbeThread.Report) -> String? {
        let (target, verdict) = (report.target, report.verdict)
        let found = UpstreamWatch.Verdict(
            isHealthy: verdict.isHealthy, reason: verdict.failure ?? "", since: wallMilliseconds())
        guard self.watch.probed(target.upstream, target.authority, found) else { return nil }
        self.log.info(
            verdict.isHealthy ? "an endpoint is healthy again" : "an endpoint is unhealthy",
            [
                "upstream": .string(target.upstream), "endpoint": .string(target.authority),
                "healthy": .bool(verdict.isHealthy), "reason": .string(verdict.failure ?? "probes succeed"),
            ])
        return target.upstream
    }
}

extension ProbeTLS {
    /// With the certificates that the names stand for; the update that lacks one was refused.
    fileprivate init?(_ upstream: Upstream, _ content: SnapshotContent?) {
        guard let tls = upstream.tls else { return nil }
        func certificate(_ name: String) -> Certificate? {
            let entry = content?.entries[ResourceKey(kind: .certificate, name: name)]
            guard case .certificate(let certificate)? = entry?.resource.spec else { return nil }
            return certificate
        }
        let client = tls.clientCertificate.flatMap(certificate)
        self.init(
            authorities: tls.authorities.compactMap { certificate($0)?.chain }, serverName: upstream.verifiedName,
            names: tls.subjectAltNames, certificate: client?.chain, privateKey: client?.privateKey,
            verifies: tls.verifies)
    }
}
