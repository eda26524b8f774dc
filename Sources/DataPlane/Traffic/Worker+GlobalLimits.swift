import GatewayModel
import HTTPWire
import RateLimiting
import Reactor
import Routing
import TrafficControl

/// What a request has asked the store.
struct AskedStore {
    enum Answer {
        /// For each limit that was asked about, in order.
        case decided([LimitDecision])
        case unreachable
    }

    /// A limit that the store was asked about, in advance for other requests too.
    struct Lease {
        /// The place among the limits that were asked about.
        let place: Int
        let key: UInt64
        let cost: Int
    }

    var number: UInt64 = 0
    /// Of all limits that count the request, in order: what a purse said; `nil`: the store is asked.
    var paid: [LimitDecision?] = []
    var leases: [Lease] = []
    /// `nil` while it waits.
    var answer: Answer?
}

/// Rate limits that a store counts for all replicas: one question for all limits of a request.
extension Worker {
    func askStore(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, headEnd: Int, _ path: RequestPath
    ) -> TrafficStep {
        guard check.hasGlobalLimits else { return .passes }
        if let asked = exchange.traffic?.asked {
            exchange.traffic?.asked = nil
            return self.conclude(exchange, check, asked, bytes, path)
        }
        var asked = AskedStore()
        let question = self.question(exchange, check, bytes, path, &asked)
        if question.keys.isEmpty {
            asked.answer = .decided([])
            return self.conclude(exchange, check, asked, bytes, path)
        }
        guard self.maySuspend, let store = self.store, let number = store.ask(question, now: self.now) else {
            self.forget(asked)
            asked.answer = .unreachable
            return self.conclude(exchange, check, asked, bytes, path)
        }
        asked.number = number
        self.trafficState(exchange, check).asked = asked
        store.askers[number] = exchange
        self.suspend(exchange, .traffic(.store), patience: store.settings.timeout, bytes, headEnd: headEnd)
        return .waits
    }

    /// A key and five numbers for each limit that counts the request and that no purse pays for.
    private func question(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, _ path: RequestPath,
        _ asked: inout AskedStore
    ) -> StoreQuestion {
        var question = StoreQuestion()
        self.withLimitedRequest(exchange, bytes, path) { request in
            check.eachGlobalRule { rule in
                for limit in rule.limits where limit.counts(request) {
                    var most = limit.cost
                    if rule.policy.lease {
                        let key = limit.key(of: request, seed: self.limitTable?.seed ?? 0)
                        switch self.purses.pay(key, limit.rate, cost: limit.cost, now: self.now) {
                        case .paid(let decision):
                            asked.paid.append(decision)
                            continue
                        case .ask(let count):
                            most = count
                            asked.leases.append(.init(place: question.keys.count, key: key, cost: limit.cost))
                        }
                    }
                    asked.paid.append(nil)
                    question.keys.append(Self.storeKey(rule, limit, request))
                    let numbers = [
                        limit.rate.requests, Int(limit.rate.period), limit.rate.burst ?? 0, limit.cost, most,
                    ]
                    question.arguments += numbers.map { Array(String($0).utf8) }
                }
            }
        }
        return question
    }

    /// Puts what was taken in advance into the purses.
    func learn(_ decisions: [StoreDecision], _ asked: AskedStore) {
        for lease in asked.leases where decisions.indices.contains(lease.place) {
            let said = decisions[lease.place]
            self.purses.learn(lease.key, said.decision, taken: said.taken, cost: lease.cost, now: self.now)
        }
    }

    func forget(_ asked: AskedStore) {
        for lease in asked.leases { self.purses.forget(lease.key) }
    }

    /// The same on all replicas: 128 bits of the key, under seeds that everybody knows. Whoever finds two keys that meet could have
    /// sent the other key as well.
    private static func storeKey(
        _ rule: RateLimitRule, _ limit: RateLimitRule.Limit, _ request: LimitedRequest
    ) -> [UInt8] {
        var key = Array("sluice:\(rule.name):".utf8)
        for seed in [0x736C_7569_6365_0001, 0x736C_7569_6365_0002] as [UInt64] {
            let hash = limit.key(of: request, seed: seed)
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: hash >> shift & 15)
                key.append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
            }
        }
        return key
    }

    private func conclude(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ asked: AskedStore, _ bytes: Span<UInt8>,
        _ path: RequestPath
    ) -> TrafficStep {
        var refused: LimitRefusal?
        var unreachable: RateLimitRule?
        self.withLimitedRequest(exchange, bytes, path) { request in
            var (place, next) = (0, 0)
            check.eachGlobalRule { rule in
                guard case .decided(let decisions) = asked.answer else {
                    return self.decideAlone(rule, exchange, check, request, &refused, &unreachable)
                }
                var fields = LimitFields(self.scratchOut)
                var (wait, isAsked) = (UInt64?.none, false)
                for limit in rule.limits where limit.counts(request) {
                    guard asked.paid.indices.contains(place) else { continue }
                    var decision = asked.paid[place]
                    place += 1
                    if decision == nil, decisions.indices.contains(next) {
                        decision = decisions[next]
                        next += 1
                    }
                    guard let decision else { continue }
                    isAsked = true
                    if !decision.isAllowed { wait = max(wait ?? 0, decision.retryAfter) }
                    if !rule.observe { fields.append(limit, decision) }
                }
                guard isAsked else { return }
                self.keep(fields, exchange)
                self.conclude(rule, exchange, check, wait: wait, &refused)
            }
        }
        if let refused {
            self.refuse(exchange, check, refused)
            return .answered
        }
        guard let unreachable else { return .passes }
        let goesOn = self.refuse(
            exchange, check, policy: unreachable.name, observe: unreachable.observe, .limitStoreUnreachable,
            lines: Array("Retry-After: 1\r\n".utf8))
        return goesOn ? .passes : .answered
    }

    /// The store does not answer: as the policy says.
    private func decideAlone(
        _ rule: RateLimitRule, _ exchange: ExchangeRef, _ check: TrafficCheck, _ request: LimitedRequest,
        _ refused: inout LimitRefusal?, _ unreachable: inout RateLimitRule?
    ) {
        var isMeant = false
        for limit in rule.limits where limit.counts(request) { isMeant = true }
        guard isMeant else { return }
        switch rule.policy.onStoreFailure {
        case .open: break
        case .closed: if unreachable == nil || unreachable?.observe == true { unreachable = rule }
        case .local: self.count(rule, exchange, check, request, &refused)
        }
    }

    /// Nobody waits for the answer any more.
    func stopWaitingForStore(_ exchange: ExchangeRef) {
        guard let asked = exchange.traffic?.asked else { return }
        if self.store?.askers.removeValue(forKey: asked.number) != nil { self.forget(asked) }
    }
}

extension TrafficCheck {
    fileprivate var hasGlobalLimits: Bool {
        self.listener?.hasGlobalLimits == true || self.route?.hasGlobalLimits == true
    }

    /// Those of the listener, then those of the route; a policy that both name counts once.
    fileprivate func eachGlobalRule(_ body: (RateLimitRule) -> Void) {
        let listener = self.listener?.limits ?? []
        for rule in listener where !rule.isLocal { body(rule) }
        for rule in self.route?.limits ?? []
        where !rule.isLocal && !listener.contains(where: { $0.identity == rule.identity }) {
            body(rule)
        }
    }
}
