import HTTPWire
import Reactor
import TrafficControl

/// Limits on bodies.
extension Worker {
    /// Refuses a body that is said to be too large; one of which nobody knows the size is watched while it comes.
    func limitBody(_ exchange: ExchangeRef, _ check: TrafficCheck) -> TrafficStep {
        guard check.limitsBodies, exchange.pointee.request.upgrade == .none else { return .passes }
        switch exchange.pointee.request.framing {
        case .none, .untilClose: return .passes
        case .length(let length):
            guard let rule = self.beyond(length, from: 0, exchange, check) else { return .passes }
            _ = self.refuse(exchange, check, policy: rule.name, observe: false, .bodyTooLarge)
            return .answered
        case .chunked:
            _ = self.trafficState(exchange, check)
            exchange.pointee.bodyLimit = check.bodyLimit(from: 0)
            return .passes
        }
    }

    /// Looks at a body that has come to be larger than `bodyLimit`. `false`: a policy refuses it.
    @inline(never)
    func passesBodyLimit(_ exchange: ExchangeRef) -> Bool {
        guard let state = exchange.traffic else { return true }
        let count = exchange.pointee.bytesIn
        if let rule = self.beyond(count, from: exchange.pointee.bodyLimit, exchange, state.check) {
            state.refusedBy = rule.name
            self.countRefusal(rule.name, .bodyTooLarge, isObserved: false)
            return false
        }
        exchange.pointee.bodyLimit = state.check.bodyLimit(from: count)
        return true
    }

    /// The strictest of the rules that refuse a body of this size; what others would have refused is noted.
    ///
    /// - Parameter seen: rules below have been asked before.
    private func beyond(
        _ count: UInt64, from seen: UInt64, _ exchange: ExchangeRef, _ check: TrafficCheck
    ) -> BodyRule? {
        var strictest: BodyRule?
        check.eachBodyRule { rule in
            guard count > rule.limit, rule.limit >= seen else { return }
            if rule.observe {
                _ = self.refuse(exchange, check, policy: rule.name, observe: true, .bodyTooLarge)
            } else if strictest.map({ rule.limit < $0.limit }) ?? true {
                strictest = rule
            }
        }
        return strictest
    }
}

extension TrafficCheck {
    fileprivate var limitsBodies: Bool {
        self.listener?.bodies.isEmpty == false || self.route?.bodies.isEmpty == false
    }

    /// The smallest limit that is not below.
    fileprivate func bodyLimit(from least: UInt64) -> UInt64 {
        var limit = UInt64.max
        self.eachBodyRule { if $0.limit >= least { limit = min(limit, $0.limit) } }
        return limit
    }

    /// A policy that listener and route name counts once.
    fileprivate func eachBodyRule(_ body: (BodyRule) -> Void) {
        for rule in self.listener?.bodies ?? [] { body(rule) }
        for rule in self.route?.bodies ?? []
        where self.listener?.bodies.contains(where: { $0.name == rule.name }) != true {
            body(rule)
        }
    }
}

extension BodyRule {
    fileprivate var limit: UInt64 { UInt64(clamping: self.maxBytes) }
}
