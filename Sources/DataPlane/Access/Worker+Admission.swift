import AccessControl
import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

/// May a request pass? Asked once it is routed, before anything is done for it.
extension Worker {
    /// `false`: the request has been answered, or waits; then the bytes of its head are kept.
    @inline(__always)
    func mayPass(
        _ exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> Bool {
        let (own, inherits) = route._withUnsafeGuaranteedRef { ($0.access, $0.inheritsFaults) }
        if own == nil, !inherits || exchange.pointee.client.pointee.acceptor.pointee.access.isEmpty { return true }
        return self.admit(exchange, own, inherits: inherits, bytes, headEnd: headEnd, path)
    }

    @inline(never)
    private func admit(
        _ exchange: ExchangeRef, _ own: Unmanaged<AnyObject>?, inherits: Bool, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> Bool {
        let plan = own?._withUnsafeGuaranteedRef { $0 as? AccessPlan }
        let listener = inherits ? self.listenerRules(exchange, bytes) : .some(nil)
        // Rules that cannot be found let nobody pass.
        guard own == nil || plan != nil, let listener else {
            self.counters.invariantBroken += 1
            self.answer(exchange, .authorizationDenied)
            return false
        }
        // CORS asks nothing of requests.
        guard plan?.rules.isEmpty == false || listener?.rules.isEmpty == false else { return true }
        let check = AccessCheck(listener: listener, route: plan, consumers: self.access.consumers)
        let state = AccessState(check)
        exchange.pointee.access = .passRetained(state)
        return self.askRules(exchange, state, bytes, headEnd: headEnd, path)
    }

    /// The rules of the listener that takes the request's host; `.none`: there is no such listener.
    private func listenerRules(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) -> AccessPlan?? {
        let acceptor = exchange.pointee.client.pointee.acceptor
        if acceptor.pointee.access.isEmpty { return .some(nil) }
        guard let slot = self.gateway.listener(group: acceptor.pointee.group, host: self.lowercasedHost(bytes)),
            acceptor.pointee.access.indices.contains(slot)
        else { return .none }
        return .some(acceptor.pointee.access[slot])
    }

    /// Asks the rules about the request that `requestHead` was parsed from. `false`: as `mayPass` says.
    func askRules(
        _ exchange: ExchangeRef, _ state: AccessState, _ bytes: Span<UInt8>, headEnd: Int, _ path: RequestPath
    ) -> Bool {
        while true {
            switch self.verdict(exchange, state, bytes, path) {
            case .pass:
                self.countObserved(state)
                state.hasPassed = true
                return true
            case .refused(let refusal):
                self.refuse(exchange, state, refusal)
                return false
            case .waits(let wait):
                state.rounds += 1
                guard state.rounds <= AccessState.mostRounds else {
                    self.refuse(exchange, state, AccessRefusal(.authenticationOverloaded, policy: wait.policy))
                    return false
                }
                if self.maySuspend {
                    self.wait(exchange, state, for: wait, bytes, headEnd: headEnd, path)
                    return false
                }
                state.giveUp(wait)
            }
        }
    }

    private func verdict(
        _ exchange: ExchangeRef, _ state: AccessState, _ bytes: Span<UInt8>, _ path: RequestPath
    ) -> AccessVerdict {
        self.access.memory.now = Clock.wallMicroseconds() / 1_000_000
        self.access.memory.milliseconds = self.now
        return self.withAccessRequest(exchange, bytes, path) {
            state.check.verdict($0, state.findings, self.access.memory)
        }
    }

    /// The request that `requestHead` was parsed from, as rules see it.
    func withAccessRequest<R>(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: RequestPath, _ body: (AccessRequest) -> R
    ) -> R {
        let client = exchange.pointee.clientAddress ?? exchange.pointee.client.pointee.forwarded.peer
        let isSecure = self.isSecure(exchange, bytes)
        return bytes.withUnsafeBytes { head in
            let request = RouteRequest(self.requestHead, of: head, path: self.matchPath(head, path))
            let authority = UnsafeRawBufferPointer(rebasing: head[self.requestHead.authority.range])
            return body(
                AccessRequest(
                    request, client: client, isSecure: isSecure, authority: authority,
                    certificate: exchange.pointee.client.identity?.names))
        }
    }

    /// The path that routes were matched with.
    func matchPath(_ head: UnsafeRawBufferPointer, _ path: RequestPath) -> UnsafeRawBufferPointer {
        if self.requestHead.hasEmptyPath {
            let root: StaticString = "/"
            return UnsafeRawBufferPointer(start: root.utf8Start, count: 1)
        }
        if case .rewritten(let wire, let match) = path {
            return UnsafeRawBufferPointer(
                UnsafeMutableBufferPointer(rebasing: self.scratchPath[wire..<(wire + match)]))
        }
        return UnsafeRawBufferPointer(rebasing: head[self.requestHead.path.range])
    }

    private func refuse(_ exchange: ExchangeRef, _ state: AccessState, _ refusal: AccessRefusal) {
        state.refusal = refusal
        self.countObserved(state)
        self.countRefusal(refusal.policy, Reason(refusal.reason), isObserved: false)
        self.answer(exchange, Reason(refusal.reason), status: refusal.status, lines: refusal.lines)
    }
}

extension AccessWait {
    /// Where it is known.
    var policy: String {
        switch self {
        case .keys, .password: ""
        case .service(let rule): rule.name
        }
    }
}
