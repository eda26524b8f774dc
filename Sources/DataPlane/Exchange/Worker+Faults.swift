import GatewayModel
import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

/// Faults that are made on purpose.
extension Worker {
    /// Draws the faults that the route's policies and the listener's make of the request. `false`: it has been answered.
    @inline(__always)
    func passesFaults(_ exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>, _ bytes: Span<UInt8>) -> Bool {
        let (own, inherits) = route._withUnsafeGuaranteedRef { ($0.faultPlan, $0.inheritsFaults) }
        if own == nil, !inherits || exchange.pointee.client.pointee.acceptor.pointee.faults.isEmpty { return true }
        return self.drawFaults(exchange, own, inherits: inherits, bytes)
    }

    @inline(never)
    private func drawFaults(
        _ exchange: ExchangeRef, _ own: Unmanaged<FaultPlan>?, inherits: Bool, _ bytes: Span<UInt8>
    ) -> Bool {
        guard exchange.pointee.tunnel == nil else { return true }
        var (delay, status): (UInt64, UInt16) = (0, 0)
        own?._withUnsafeGuaranteedRef { self.draw($0, &delay, &status) }
        if inherits { self.drawListenerFaults(exchange, bytes, &delay, &status) }
        exchange.pointee.waiting.delay = delay
        exchange.pointee.waiting.abortStatus = status
        guard status > 0, delay == 0 else { return true }
        self.abortOnPurpose(exchange)
        return false
    }

    private func drawListenerFaults(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ delay: inout UInt64, _ status: inout UInt16
    ) {
        let acceptor = exchange.pointee.client.pointee.acceptor
        guard !acceptor.pointee.faults.isEmpty,
            let slot = self.gateway.listener(group: acceptor.pointee.group, host: self.lowercasedHost(bytes)),
            acceptor.pointee.faults.indices.contains(slot), let plan = acceptor.pointee.faults[slot]
        else { return }
        self.draw(plan, &delay, &status)
    }

    /// Delays add up; of aborts the first that is drawn counts.
    private func draw(_ plan: FaultPlan, _ delay: inout UInt64, _ status: inout UInt16) {
        for rule in plan.rules {
            if let fault = rule.delay, self.random.next().hits(perMillion: fault.perMillion) {
                delay &+= fault.duration
            }
            if let fault = rule.abort, self.random.next().hits(perMillion: fault.perMillion), status == 0 {
                status = fault.status
            }
        }
    }

    /// Answers in place of the backend.
    func abortOnPurpose(_ exchange: ExchangeRef) {
        self.answer(exchange, .faultInjected, status: exchange.pointee.waiting.abortStatus)
    }
}
