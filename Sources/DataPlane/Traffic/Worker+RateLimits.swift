import GatewaySnapshot
import HTTPWire
import RateLimiting
import Reactor
import Routing
import TrafficControl

/// Rate limits that the replica counts itself.
extension Worker {
    private static var noLimits: UnsafeBufferPointer<Unmanaged<RateLimitRule>> { .init(start: nil, count: 0) }

    /// Counts the request under all limits that speak of it, and refuses it when one of them says so.
    func countLimits(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, _ path: RequestPath
    ) -> TrafficStep {
        let (listener, route) = (check.listener?.limitsAtHand, check.route?.limitsAtHand)
        guard listener?.isEmpty == false || route?.isEmpty == false else { return .passes }
        var refused: LimitRefusal?
        self.withLimitedRequest(exchange, bytes, path) { request in
            for rule in listener ?? Self.noLimits {
                rule._withUnsafeGuaranteedRef { self.countLocally($0, exchange, check, request, &refused) }
            }
            for rule in route ?? Self.noLimits where !rule.isAmong(listener) {
                rule._withUnsafeGuaranteedRef { self.countLocally($0, exchange, check, request, &refused) }
            }
        }
        guard let refused else { return .passes }
        self.refuse(exchange, check, refused)
        return .answered
    }

    private func countLocally(
        _ rule: RateLimitRule, _ exchange: ExchangeRef, _ check: TrafficCheck, _ request: LimitedRequest,
        _ refused: inout LimitRefusal?
    ) {
        guard rule.isLocal else { return }
        self.count(rule, exchange, check, request, &refused)
    }

    /// Counts the request under the limits of a policy that speak of it, in the memory of the replica, and keeps what the
    /// client is told of them.
    ///
    /// - Parameter refused: becomes the policy's refusal unless there is one that has the client wait longer.
    func count(
        _ rule: RateLimitRule, _ exchange: ExchangeRef, _ check: TrafficCheck, _ request: LimitedRequest,
        _ refused: inout LimitRefusal?
    ) {
        // The supervisor gives every worker its memory.
        guard let table = self.limitTable else { return self.counters.invariantBroken += 1 }
        var fields = LimitFields(self.scratchOut)
        var wait: UInt64?
        for limit in rule.limits where limit.counts(request) {
            let key = limit.key(of: request, seed: table.seed)
            let decision = table.take(key, limit.rate, cost: limit.cost, now: self.nowNanoseconds)
            if !decision.isAllowed { wait = max(wait ?? 0, decision.retryAfter) }
            if !rule.observe { fields.append(limit, decision) }
        }
        self.keep(fields, exchange)
        self.conclude(rule, exchange, check, wait: wait, &refused)
    }

    /// Notes what a policy has come to.
    ///
    /// - Parameter wait: milliseconds, of a request that it refuses.
    func conclude(
        _ rule: RateLimitRule, _ exchange: ExchangeRef, _ check: TrafficCheck, wait: UInt64?,
        _ refused: inout LimitRefusal?
    ) {
        self.traffic.count(rule, isAllowed: wait == nil)
        guard let wait else { return }
        if rule.observe {
            _ = self.refuse(exchange, check, policy: rule.name, observe: true, .rateLimited)
        } else if refused.map({ $0.wait < wait }) ?? true {
            refused = LimitRefusal(rule: .passUnretained(rule), wait: wait)
        }
    }

    /// Answers 429.
    func refuse(_ exchange: ExchangeRef, _ check: TrafficCheck, _ refused: LimitRefusal) {
        let name = refused.rule._withUnsafeGuaranteedRef { $0.name }
        let seconds = max(1, refused.wait.wholeSeconds)
        _ = self.refuse(
            exchange, check, policy: name, observe: false, .rateLimited,
            lines: Array("Retry-After: \(seconds)\r\n".utf8))
    }

    /// Keeps the lines of a policy for the head of whatever answers.
    func keep(_ fields: LimitFields, _ exchange: ExchangeRef) {
        guard let (policies, states) = fields.lines else { return }
        let kept = exchange.pointee.limitLines?.count ?? 0
        guard kept + policies.count + states.count <= LimitFields.mostBytes else { return }
        self.append(policies.base, count: policies.count, to: &exchange.pointee.limitLines)
        self.append(states.base, count: states.count, to: &exchange.pointee.limitLines)
    }

    /// The request that `requestHead` was parsed from, as limits see it.
    func withLimitedRequest<R>(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: RequestPath, _ body: (LimitedRequest) -> R
    ) -> R {
        let client = exchange.pointee.clientAddress ?? exchange.pointee.client.pointee.forwarded.peer
        let findings = exchange.pointee.access?._withUnsafeGuaranteedRef { Unmanaged.passUnretained($0.findings) }
        return bytes.withUnsafeBytes { head in
            let request = RouteRequest(self.requestHead, of: head, path: self.matchPath(head, path))
            return body(LimitedRequest(request, client: client, findings: findings))
        }
    }
}
