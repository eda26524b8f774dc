import GatewayModel
import HTTPWire
import RateLimiting
import Reactor
import Routing
import TrafficControl

/// Limits on requests under way, over all workers of the replica.
///
/// ```
/// asks ─▶ counted ─▶ ends: its place is the next one's, or free
///   │        ▲
///   └─▶ waits ─▶ refused
/// ```
/// A place that this worker's requests give back is the first waiting one's; one that another worker has freed is found by
/// looking.
extension Worker {
    /// How often the first of those that wait looks for a place that another worker has freed, in milliseconds.
    private static let turnLook: UInt64 = 20
    private static let retryAfter = Array("Retry-After: 1\r\n".utf8)

    func takeTurns(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, headEnd: Int, _ path: RequestPath
    ) -> TrafficStep {
        guard check.limitsTurns else { return .passes }
        let state = self.trafficState(exchange, check)
        while let rule = check.concurrencyRule(at: state.turns.passed) {
            let step = self.takeTurn(exchange, rule, state, bytes, headEnd: headEnd, path)
            guard case .passes = step else { return step }
            state.turns.passed += 1
        }
        return .passes
    }

    private func takeTurn(
        _ exchange: ExchangeRef, _ rule: ConcurrencyRule, _ state: TrafficState, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> TrafficStep {
        if state.turns.hasCome {
            state.turns.hasCome = false
            return .passes
        }
        guard let table = self.gauges.turns else {
            self.traffic.turnsUncounted += 1
            return .passes
        }
        let seed = self.limitTable?.seed ?? 0
        let key =
            state.turns.place?.key ?? self.withLimitedRequest(exchange, bytes, path) { rule.key(of: $0, seed: seed) }
        // Who comes waits behind those who wait.
        let first = self.turnQueues[key]?.first
        if first == nil || first == exchange {
            switch table.take(key, limit: rule.policy.maxRequests) {
            case .taken:
                self.leaveTurnQueue(exchange, state)
                state.turns.held.append(key)
                return .passes
            case .noRoom:
                self.leaveTurnQueue(exchange, state)
                self.traffic.turnsUncounted += 1
                return .passes
            case .full: break
            }
        }
        return self.waitForTurn(exchange, rule, state, table, key, bytes, headEnd: headEnd)
    }

    private func waitForTurn(
        _ exchange: ExchangeRef, _ rule: ConcurrencyRule, _ state: TrafficState, _ table: TurnTable, _ key: UInt64,
        _ bytes: Span<UInt8>, headEnd: Int
    ) -> TrafficStep {
        if state.turns.place == nil {
            guard !rule.observe, self.maySuspend, let queue = rule.policy.queue,
                table.take(Self.waiting(key), limit: queue.maxRequests) == .taken
            else { return self.refuse(exchange, rule, state, .concurrencyLimited) }
            self.enterTurnQueue(exchange, state, key, rule.name, until: self.now &+ UInt64(clamping: queue.timeout))
        }
        guard let place = state.turns.place else { return .passes }
        guard self.now < place.until else {
            self.leaveTurnQueue(exchange, state)
            return self.refuse(exchange, rule, state, .concurrencyTimeout)
        }
        let isFirst = place.previous == nil
        let until = isFirst ? min(place.until, self.now &+ Self.turnLook) : place.until
        if isFirst { self.noteLook(until: until) }
        self.suspend(exchange, .traffic(.turn), patience: until &- self.now, bytes, headEnd: headEnd)
        return .waits
    }

    private func refuse(
        _ exchange: ExchangeRef, _ rule: ConcurrencyRule, _ state: TrafficState, _ reason: Reason
    ) -> TrafficStep {
        let goesOn = self.refuse(
            exchange, state.check, policy: rule.name, observe: rule.observe, reason, status: rule.policy.status,
            lines: Self.retryAfter)
        return goesOn ? .passes : .answered
    }

    /// Until then the loop looks at its timers every tick.
    private func noteLook(until time: UInt64) {
        self.heldUntil = max(self.heldUntil, time &+ 2 &* TimerWheel.tickMilliseconds)
    }

    // MARK: Queues

    /// What those who wait are counted under.
    private static func waiting(_ key: UInt64) -> UInt64 { key ^ 0x9E37_79B9_7F4A_7C15 }

    private func enterTurnQueue(
        _ exchange: ExchangeRef, _ state: TrafficState, _ key: UInt64, _ policy: String, until: UInt64
    ) {
        var queue = self.turnQueues[key] ?? TurnQueue()
        state.turns.place = Turns.Place(key: key, policy: policy, until: until, previous: queue.last)
        queue.last?.traffic?.turns.place?.next = exchange
        queue.last = exchange
        if queue.first == nil { queue.first = exchange }
        self.turnQueues[key] = queue
        self.traffic.waiting[policy, default: 0] += 1
    }

    /// Takes a request out of the queue that it is in, if it is in one. Whoever is first now is to look for a place.
    ///
    /// - Parameter isServed: there is no other place yet that this worker knows of.
    private func leaveTurnQueue(_ exchange: ExchangeRef, _ state: TrafficState, isServed: Bool = false) {
        guard let place = state.turns.place, var queue = self.turnQueues[place.key] else { return }
        state.turns.place = nil
        self.gauges.turns?.give(Self.waiting(place.key))
        self.traffic.waiting[place.policy, default: 1] -= 1
        place.previous?.traffic?.turns.place?.next = place.next
        place.next?.traffic?.turns.place?.previous = place.previous
        if queue.first == exchange { queue.first = place.next }
        if queue.last == exchange { queue.last = place.previous }
        self.turnQueues[place.key] = queue.first == nil ? nil : queue
        guard place.previous == nil, let next = place.next else { return }
        if isServed { self.lookLater(next) } else { self.wakeForTurn(next) }
    }

    private func lookLater(_ exchange: ExchangeRef) {
        guard let suspension = exchange.suspension else { return }
        suspension.until = min(suspension.until, self.now &+ Self.turnLook)
        self.noteLook(until: suspension.until)
        self.timers.set(exchange.timer, deadline: suspension.until)
    }

    private func wakeForTurn(_ exchange: ExchangeRef) {
        exchange.traffic?.turns.isLooking = true
        self.resumeLater(exchange)
    }

    /// The wait has ended: for the request to go on, or for good.
    func stopWaitingForTurn(_ exchange: ExchangeRef) {
        guard let state = exchange.traffic else { return }
        if !state.turns.isLooking { self.leaveTurnQueue(exchange, state) }
        state.turns.isLooking = false
    }

    // MARK: Ends

    /// Gives back what the request holds.
    func endTurns(_ exchange: ExchangeRef) {
        guard let state = exchange.traffic else { return }
        self.leaveTurnQueue(exchange, state)
        for key in state.turns.held { self.giveTurn(key) }
        state.turns.held = []
    }

    /// A place is free: the first of those that wait has it.
    private func giveTurn(_ key: UInt64) {
        guard let next = self.turnQueues[key]?.first, let state = next.traffic else {
            self.gauges.turns?.give(key)
            return
        }
        self.leaveTurnQueue(next, state, isServed: true)
        state.turns.held.append(key)
        state.turns.hasCome = true
        self.wakeForTurn(next)
    }
}

extension TrafficCheck {
    fileprivate var limitsTurns: Bool {
        self.listener?.concurrency.isEmpty == false || self.route?.concurrency.isEmpty == false
    }

    /// Those of the listener, then those of the route; a policy that both name counts once.
    fileprivate func concurrencyRule(at place: Int) -> ConcurrencyRule? {
        let listener = self.listener?.concurrency ?? []
        if listener.indices.contains(place) { return listener[place] }
        var rest = place &- listener.count
        for rule in self.route?.concurrency ?? [] where !listener.contains(where: { $0.identity == rule.identity }) {
            if rest == 0 { return rule }
            rest &-= 1
        }
        return nil
    }
}
