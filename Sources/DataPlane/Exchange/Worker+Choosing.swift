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
        guard self.passesFaults(exchange, route, bytes) else { return false }
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
                if exchange.pointee.waiting.abortStatus > 0 {
                    self.abortOnPurpose(exchange)
                } else {
                    self.giveAnswer(exchange, answer, bytes, path)
                }
                return false
            }
            guard let place = self.share(exchange, plan, bytes), let share = plan.share(at: place) else {
                self.fail(exchange, .noShare)
                return false
            }
            exchange.pointee.share = place
            exchange.pointee.slot = share.pointee.upstream
            guard let change = share.pointee.rewrite?.path, case .pattern = change, exchange.pointee.tunnel == nil
            else { return true }
            return self.replacePath(exchange, bytes, path, change)
        }
    }

    // MARK: Shares

    private func share(_ exchange: ExchangeRef, _ plan: RoutePlan, _ bytes: Span<UInt8>) -> Int? {
        switch plan.sticky {
        case nil: break
        case .clientAddress: return plan.share(of: self.clientHash(exchange))
        // A tunnel has no head.
        case .header, .cookie: if !bytes.isEmpty { return self.stickyShare(exchange, plan, bytes) }
        }
        return plan.nextShare()
    }

    private func stickyShare(_ exchange: ExchangeRef, _ plan: RoutePlan, _ bytes: Span<UInt8>) -> Int? {
        switch plan.sticky {
        case .header(let name):
            let name = UnsafeRawBufferPointer(name)
            let hash = self.withRequest(bytes) { $0.hash(of: .header, named: name) }
            if let hash { return plan.share(of: hash) }
        case .cookie(let name):
            let name = UnsafeRawBufferPointer(name)
            let named = self.withRequest(bytes) { $0.cookie(name).flatMap { plan.share(named: $0) } }
            if let named { return named }
            exchange.pointee.affinity.givesShare = true
            exchange.pointee.affinity.isSecure = self.isSecure(exchange, bytes)
        case .clientAddress, nil: break
        }
        return plan.nextShare()
    }

    // MARK: Paths

    /// Makes the path that a regular expression leaves, in `changedPath`. `false`: the request has been refused.
    private func replacePath(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: RequestPath, _ change: PathChange
    ) -> Bool {
        let output = UnsafeMutableBufferPointer(rebasing: self.scratchChange[..<Self.readSize])
        let scratch = UnsafeMutableBufferPointer(rebasing: self.scratchChange[Self.readSize...])
        let result = self.withPath(bytes, path) { wire, _ in change.replace(in: wire, into: output, scratch: scratch) }
        guard let result else {
            self.fail(exchange, .patternLimit)
            return false
        }
        switch result.outcome {
        case .plain: self.changedPath = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(output)[..<result.count])
        case .rewritten:
            self.changedPath = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(scratch)[..<result.count])
        case .refused:
            self.fail(exchange, .badRequest)
            return false
        }
        return true
    }
}
