import HTTPWire
import Reactor
import Routing

/// What is decided over a request before an endpoint is looked for.
extension Worker {
    /// Notes the upstream that the request goes to. `false`: it has been answered already.
    @inline(__always)
    func choose(
        _ exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>, _ bytes: Span<UInt8>, _ path: RequestPath
    ) -> Bool {
        let (slot, plan) = route._withUnsafeGuaranteedRef { ($0.upstream, $0.plan) }
        exchange.pointee.slot = slot
        guard let plan else { return true }
        return self.follow(plan, exchange, bytes, path)
    }

    @inline(never)
    private func follow(
        _ plan: Unmanaged<RoutePlan>, _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: RequestPath
    ) -> Bool {
        plan._withUnsafeGuaranteedRef { plan in
            // A tunnel has no request that could be answered.
            if let answer = plan.answer, exchange.pointee.tunnel == nil {
                self.giveAnswer(exchange, answer, bytes, path)
                return false
            }
            guard let share = plan.shares.firstIndex(where: { $0.weight > 0 }) else {
                self.fail(exchange, .noShare)
                return false
            }
            exchange.pointee.share = share
            exchange.pointee.slot = plan.shares[share].upstream
            return true
        }
    }
}
