import GatewaySnapshot
import HTTPWire
import Reactor
import Routing
import TrafficControl

/// How much, and what, is let through: asked once access rules have let a request pass.
extension Worker {
    /// `false`: the request has been answered, or waits; then the bytes of its head are kept.
    @inline(__always)
    func isLetThrough(
        _ exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> Bool {
        let (own, inherits) = route._withUnsafeGuaranteedRef { ($0.traffic, $0.inheritsFaults) }
        if own == nil, !inherits || exchange.pointee.client.pointee.acceptor.pointee.traffic.isEmpty { return true }
        return self.control(exchange, own, inherits: inherits, bytes, headEnd: headEnd, path)
    }

    @inline(never)
    private func control(
        _ exchange: ExchangeRef, _ own: Unmanaged<AnyObject>?, inherits: Bool, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> Bool {
        if let state = exchange.traffic {
            return self.ask(exchange, state.check, from: state.stage, bytes, headEnd: headEnd, path)
        }
        // The compiler of the route made it, and nothing else.
        let plan = own?._withUnsafeGuaranteedRef { unsafeDowncast($0, to: TrafficPlan.self) }
        let listener = inherits ? self.listenerTraffic(exchange, bytes) : .some(nil)
        // Rules that cannot be found let nobody pass.
        guard let listener else {
            self.counters.invariantBroken += 1
            self.answer(exchange, .authorizationDenied)
            return false
        }
        guard listener != nil || plan != nil else { return true }
        return self.ask(
            exchange, TrafficCheck(listener: listener, route: plan), from: .limits, bytes, headEnd: headEnd, path)
    }

    /// The rules of the listener that takes the request's host; `.none`: there is no such listener.
    private func listenerTraffic(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) -> TrafficPlan?? {
        let acceptor = exchange.pointee.client.pointee.acceptor
        if acceptor.pointee.traffic.isEmpty { return .some(nil) }
        guard let slot = self.gateway.listener(group: acceptor.pointee.group, host: self.lowercasedHost(bytes)),
            acceptor.pointee.traffic.indices.contains(slot)
        else { return .none }
        return .some(acceptor.pointee.traffic[slot])
    }

    /// Asks stage after stage, from the one that has not let the request pass yet.
    private func ask(
        _ exchange: ExchangeRef, _ check: TrafficCheck, from first: TrafficStage, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> Bool {
        var stage = first
        while stage != .passed {
            switch self.step(stage, exchange, check, bytes, headEnd: headEnd, path) {
            case .passes: stage = stage.next
            case .answered: return false
            case .waits:
                self.trafficState(exchange, check).stage = stage
                return false
            }
        }
        exchange.traffic?.stage = .passed
        return true
    }

    private func step(
        _ stage: TrafficStage, _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> TrafficStep {
        switch stage {
        case .limits: self.countLimits(exchange, check, bytes, path)
        case .turn: self.takeTurns(exchange, check, bytes, headEnd: headEnd, path)
        case .body: self.limitBody(exchange, check)
        case .firewall: self.askFirewalls(exchange, check, bytes, headEnd: headEnd, path)
        case .store: self.askStore(exchange, check, bytes, headEnd: headEnd, path)
        case .passed: .passes
        }
    }

    /// What rules remember of the request, made when the first has something to remember.
    func trafficState(_ exchange: ExchangeRef, _ check: TrafficCheck) -> TrafficState {
        if let state = exchange.traffic { return state }
        let state = TrafficState(check)
        exchange.pointee.traffic = .passRetained(state)
        return state
    }

    /// Refuses the request in a policy's name. A policy that observes has it noted, and lets it pass.
    ///
    /// - Returns: whether the request goes on.
    func refuse(
        _ exchange: ExchangeRef, _ check: TrafficCheck, policy: String, observe: Bool, _ reason: Reason,
        status: UInt16? = nil, lines: [UInt8] = []
    ) -> Bool {
        self.countRefusal(policy, reason, isObserved: observe)
        let state = self.trafficState(exchange, check)
        guard !observe else {
            state.observed.append((policy, reason))
            return true
        }
        state.refusedBy = policy
        self.answer(exchange, reason, status: status, lines: lines)
        return false
    }

    // MARK: Ends

    /// Nobody waits for it any more.
    func stopWaiting(_ exchange: ExchangeRef, _ wait: TrafficWait) {
        switch wait {
        case .turn: self.stopWaitingForTurn(exchange)
        case .scan: self.stopScanning(exchange)
        case .store: self.stopWaitingForStore(exchange)
        case .body: break
        }
    }

    /// Gives back what the exchange has for traffic rules.
    @inline(never)
    func endTraffic(_ exchange: ExchangeRef) {
        guard let held = exchange.pointee.traffic else { return }
        self.endTurns(exchange)
        exchange.pointee.traffic = nil
        if let firewall = held._withUnsafeGuaranteedRef({ $0.firewall }) { self.giveBackBody(firewall) }
        held.release()
    }
}
