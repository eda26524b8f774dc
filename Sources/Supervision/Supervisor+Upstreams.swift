import ControlProtocol
import DataPlane
import GatewayModel

/// A commit that waits for the first answers about names that its update brings.
struct HeldCommit {
    /// An upstream whose name nobody answers for comes without endpoints after so long.
    static let longest: UInt64 = 1_000

    let version: Int64
    var workers: Set<Int>
    let until: Instant
}

extension Supervisor {
    // MARK: installing

    /// An update is being prepared: names that it brings are looked up meanwhile.
    func stageUpstreams(at now: Instant) {
        guard let upstreams = self.store.installing?.upstreams else { return }
        self.namesAreDue = now.advanced(by: HeldCommit.longest)
        for discovery in self.watch.stage(upstreams) { self.lookUp(discovery) }
    }

    /// What was prepared is not to come.
    func discardUpstreams() {
        for discovery in self.watch.discard() { self.forget(discovery) }
    }

    /// Commits, or waits for names.
    func commitWhenKnown(_ version: Int64, in workers: Set<Int>, at now: Instant) {
        guard self.watch.isWaiting, now < self.namesAreDue else {
            return self.commit(version, in: workers, at: now)
        }
        self.heldCommit = HeldCommit(version: version, workers: workers, until: self.namesAreDue)
    }

    func releaseCommit(at now: Instant) {
        guard let held = self.heldCommit, !self.watch.isWaiting || now >= held.until else { return }
        self.heldCommit = nil
        self.commit(held.version, in: held.workers, at: now)
    }

    /// The update that was staged is committed now: workers learn what its upstreams need first.
    func installUpstreams(in workers: Set<Int>, at now: Instant) {
        self.planKeySets(in: workers, at: now)
        let (changed, forgotten) = self.watch.install()
        for discovery in forgotten { self.forget(discovery) }
        self.planProbes()
        // Also when upstreams only went: reports would keep them.
        self.noteHealth(at: now)
        for index in workers.sorted() {
            guard let live = self.slots[index].live else { continue }
            let states = live.knowsUpstreams ? self.states(of: changed) : self.watch.states
            self.slots[index].live?.knowsUpstreams = true
            if !states.isEmpty { self.send(.upstreams(states), to: index, at: now) }
        }
    }

    // MARK: findings

    /// Threads have found something out.
    func takeFindings(at now: Instant) {
        var changed: Set<String> = []
        for report in DiscoveryThread.Report.last(self.discovery?.takeReports() ?? [])
        where self.watch.follows(report.discovery) {
            changed.formUnion(self.take(report))
        }
        self.planProbes(of: changed)
        for report in self.prober?.takeReports() ?? [] {
            if let upstream = self.take(report) { changed.insert(upstream) }
        }
        self.tell(changed, at: now)
        if !changed.isEmpty { self.noteHealth(at: now) }
        self.releaseCommit(at: now)
    }

    private func take(_ report: DiscoveryThread.Report) -> Set<String> {
        let name = report.discovery.hostname
        switch report.result {
        case .endpoints(let endpoints):
            self.nameFailures[report.discovery] = nil
            let changed = self.watch.discovered(endpoints, by: report.discovery)
            self.log.info(
                "endpoints of a name have changed",
                ["name": .string(name), "endpoints": .integer(Int64(endpoints.count))])
            if endpoints.count >= NameSchedule.mostEndpoints {
                self.log.warning("a name may have more endpoints than are used", ["name": .string(name)])
            }
            return changed
        case .failed(let reason):
            self.watch.failed(report.discovery)
            guard self.nameFailures.updateValue(reason, forKey: report.discovery) != reason else { return [] }
            self.log.warning(
                "a name could not be looked up; what was known of it stays",
                ["name": .string(name), "reason": .string(reason)])
            return []
        }
    }

    /// A worker's passive checks have spoken.
    func take(_ ejection: EndpointEjection, from index: Int) {
        guard self.watch.ejected(ejection, worker: index, at: wallMilliseconds()) else { return }
        self.noteHealth(at: .now())
        self.log.info(
            ejection.isEjected ? "a worker has ejected an endpoint" : "a worker has taken an endpoint back",
            [
                "worker": .integer(Int64(index)), "upstream": .string(ejection.upstream),
                "endpoint": .string(ejection.endpoint), "reason": .string(ejection.reason),
            ])
    }

    func loseEjections(of index: Int) {
        if self.watch.lost(worker: index, at: wallMilliseconds()) { self.noteHealth(at: .now()) }
    }

    // MARK: reports

    /// Changes come in flocks: a report waits so long for others.
    static let healthPause: UInt64 = 100

    func noteHealth(at now: Instant) { self.healthChangedAt = self.healthChangedAt ?? now }

    func reportHealthWhenDue(at now: Instant) {
        guard let since = self.healthChangedAt, now.milliseconds(since: since) >= Self.healthPause else { return }
        self.healthChangedAt = nil
        self.source.report(self.watch.health)
    }

    private func states(of names: Set<String>) -> [UpstreamState] {
        names.sorted().compactMap(self.watch.state(of:))
    }

    /// Tells the workers that know of upstreams at all; the others learn everything before they serve.
    private func tell(_ names: Set<String>, at now: Instant) {
        let states = self.states(of: names)
        guard !states.isEmpty else { return }
        for slot in self.slots where slot.live?.knowsUpstreams == true {
            self.send(.upstreams(states), to: slot.index, at: now)
        }
    }

    // MARK: lookups

    /// The thread starts with the first name.
    private func lookUp(_ discovery: Discovery) {
        do throws(SystemError) {
            if self.discovery == nil {
                self.discovery = try DiscoveryThread(servers: self.settings.dnsServers, wakeUp: self.wakeUp)
            }
            self.discovery?.watch(discovery)
        } catch {
            self.log.error("names cannot be looked up", ["error": .string(error.message)])
            self.watch.failed(discovery)
        }
    }

    private func forget(_ discovery: Discovery) {
        self.discovery?.forget(discovery)
        self.nameFailures[discovery] = nil
    }
}
