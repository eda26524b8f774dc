import Firewall
import GatewayModel
import HTTPWire
import Reactor
import TrafficControl

/// The last stage of traffic rules: does a request look like an attack?
///
/// ```
/// head ─▶ (body) ─▶ filter ─▶ scan ─▶ verdict       for each firewall; most requests end at the filter, without a wait
/// ```
extension Worker {
    func askFirewalls(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, headEnd: Int, _ path: RequestPath
    ) -> TrafficStep {
        guard check.firewallCount > 0 else { return .passes }
        if exchange.hasBodyToScan, exchange.traffic?.firewall?.body ?? .untouched == .untouched {
            let step = self.meetBody(exchange, check, bytes, headEnd: headEnd, path)
            if let step { return step }
        }
        if let reason = exchange.traffic?.firewall?.failure {
            self.answer(exchange, reason)
            return .answered
        }
        var index = exchange.traffic?.firewall?.next ?? 0
        while let rule = check.firewall(at: index) {
            if !check.isRepeated(rule, at: index) {
                let step = self.ask(rule, exchange, check, bytes, headEnd: headEnd, path)
                guard case .passes = step else { return step }
            }
            index += 1
            guard let state = exchange.traffic?.firewall else { continue }
            (state.next, state.outcome) = (index, nil)
        }
        return .passes
    }

    /// What the stage remembers, made when there is something.
    func firewallState(_ exchange: ExchangeRef, _ check: TrafficCheck) -> FirewallState {
        let traffic = self.trafficState(exchange, check)
        if let state = traffic.firewall { return state }
        let state = FirewallState()
        traffic.firewall = state
        return state
    }

    private func ask(
        _ rule: FirewallRule, _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> TrafficStep {
        let state = exchange.traffic?.firewall
        if let state, let outcome = state.outcome {
            return self.judge(outcome, rule, exchange, check, bytes) ? .passes : .answered
        }
        let body = state.map { self.scannedBody($0, rule) } ?? .some([])
        if body == nil {
            if rule.blocks { self.firewall.counters.count(rule, .failed) }
            let reason = state?.withheld ?? .firewallBodyTooLarge
            guard self.refuse(exchange, check, policy: rule.name, observe: !rule.blocks, reason) else {
                return .answered
            }
        }
        self.takeRequest(exchange, bytes)
        self.firewall.request.body = body ?? []
        let canonical = self.canonicalTarget(bytes, path)
        if (body?.count ?? 0) <= FirewallDesk.mostFiltered, !self.mayMatch(rule, bytes, canonical) {
            self.firewall.counters.count(rule, .filtered)
            return .passes
        }
        return self.scan(rule, exchange, check, canonical, bytes, headEnd: headEnd)
    }

    /// The body for a firewall; `nil`: it is too long for it.
    private func scannedBody(_ state: FirewallState, _ rule: FirewallRule) -> [UInt8]? {
        switch state.body {
        case .untouched, .collecting, .sent: []
        case .whole: state.bytes.count <= rule.firewall.policy.requestBodyLimit ? state.bytes : nil
        case .tooLong: nil
        }
    }

    // MARK: The scan

    private func scan(
        _ rule: FirewallRule, _ exchange: ExchangeRef, _ check: TrafficCheck, _ canonical: [UInt8],
        _ bytes: Span<UInt8>, headEnd: Int
    ) -> TrafficStep {
        var request = FirewallRequest()
        swap(&request, &self.firewall.request)
        let job = ScanJob(firewall: rule.firewall, request: request, canonical: canonical)
        guard self.maySuspend, let id = self.firewall.scans.ask(job) else {
            self.firewall.counters.count(rule, .failed)
            let passes = self.refuse(
                exchange, check, policy: rule.name, observe: !rule.blocks, .firewallOverloaded)
            return passes ? .passes : .answered
        }
        let state = self.firewallState(exchange, check)
        state.job = id
        self.firewall.waiters[id] = exchange
        self.suspend(exchange, .traffic(.scan), patience: FirewallDesk.patience, bytes, headEnd: headEnd)
        return .waits
    }

    /// The thread that scans has come to something.
    func scansCame() {
        for result in self.firewall.scans.takeResults() {
            self.firewall.counters.durations.record(nanoseconds: result.nanoseconds)
            guard let exchange = self.firewall.waiters[result.job], let state = exchange.traffic?.firewall,
                case .traffic(.scan) = exchange.suspension?.wait
            else { continue }
            state.outcome = result.outcome
            self.resumeLater(exchange)
        }
    }

    /// Nobody waits for the scan any more.
    func stopScanning(_ exchange: ExchangeRef) {
        guard let state = exchange.traffic?.firewall else { return }
        self.firewall.waiters[state.job] = nil
        self.firewall.scans.cancel(state.job)
    }

    /// - Returns: whether the request goes on.
    private func judge(
        _ outcome: ScanOutcome, _ rule: FirewallRule, _ exchange: ExchangeRef, _ check: TrafficCheck,
        _ bytes: Span<UInt8>
    ) -> Bool {
        switch outcome {
        case .filtered:
            self.firewall.counters.count(rule, .filtered)
            return true
        case .late:
            self.firewall.counters.count(rule, .failed)
            return self.refuse(exchange, check, policy: rule.name, observe: !rule.blocks, .firewallFailed)
        case .verdict(let verdict): return self.judge(verdict, rule, exchange, check, bytes)
        }
    }

    private func judge(
        _ verdict: FirewallVerdict, _ rule: FirewallRule, _ exchange: ExchangeRef, _ check: TrafficCheck,
        _ bytes: Span<UInt8>
    ) -> Bool {
        self.firewall.counters.count(rule, verdict)
        let reason: Reason? = verdict.isRefused ? .firewallRefused : verdict.failure == nil ? nil : .firewallFailed
        if !verdict.matches.isEmpty || reason != nil {
            self.tell(verdict, rule, exchange, check, bytes, isRefused: reason != nil && rule.blocks)
        }
        guard let reason else { return true }
        return self.refuse(exchange, check, policy: rule.name, observe: !rule.blocks, reason)
    }
}
