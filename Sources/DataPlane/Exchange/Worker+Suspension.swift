import AccessControl
import GatewayModel
import Glibc
import HTTPWire
import Reactor
import Routing

extension Worker {
    /// Another request may wait.
    var maySuspend: Bool { self.suspended < Suspension.mostAtOnce }

    /// Keeps the head of a request and notes what it waits for. Whoever calls it sees to it that the answer comes; one that is
    /// there at once may come before this returns.
    ///
    /// - Parameter patience: milliseconds.
    func suspend(
        _ exchange: ExchangeRef, _ wait: Suspension.Wait, patience: UInt64, _ bytes: Span<UInt8>, headEnd: Int
    ) {
        let suspension = exchange.suspension ?? Suspension(reserved: self.access.reserved)
        if exchange.pointee.suspension == nil { exchange.pointee.suspension = .passRetained(suspension) }
        if suspension.head == nil {
            bytes.withUnsafeBufferPointer { head in
                guard let base = head.baseAddress else { return }
                self.append(base, count: min(headEnd, head.count), to: &suspension.head)
            }
        }
        exchange.pointee.waiting.isSuspended = true
        self.suspended += 1
        suspension.wait = wait
        suspension.isAnswered = false
        suspension.until = self.now &+ patience
        self.setSuspensionTimer(exchange, suspension)
    }

    private func setSuspensionTimer(_ exchange: ExchangeRef, _ suspension: Suspension) {
        self.timers.set(exchange.timer, deadline: min(suspension.until, self.suspensionLimit(exchange)))
    }

    /// When the request as a whole is too late.
    private func suspensionLimit(_ exchange: ExchangeRef) -> UInt64 {
        // While its body comes, a request has the time that bodies have.
        if case .traffic(.body) = exchange.suspension?.wait { return .max }
        return min(self.limit(exchange), exchange.pointee.call.deadline)
    }

    /// What is waited for has come nearer.
    func extendSuspension(_ exchange: ExchangeRef, until deadline: UInt64) {
        guard exchange.pointee.waiting.isSuspended, let suspension = exchange.suspension else { return }
        suspension.until = deadline
        self.setSuspensionTimer(exchange, suspension)
    }

    /// What the exchange waited for is known: it goes on in the loop's next round.
    func resumeLater(_ exchange: ExchangeRef) {
        guard !exchange.pointee.isOver, exchange.pointee.waiting.isSuspended, let suspension = exchange.suspension
        else { return }
        suspension.isAnswered = true
        self.schedule(exchange)
    }

    /// Goes on with a suspended exchange, when it is known what it waits for or nobody waits any longer.
    @inline(never)
    func resumeSuspended(_ exchange: ExchangeRef) {
        guard let suspension = exchange.suspension else { return self.fail(exchange, .authorizationDenied) }
        if case .traffic(.body) = suspension.wait {
            self.collectBody(exchange)
            guard exchange.pointee.waiting.isSuspended else { return }
        }
        guard self.now < self.suspensionLimit(exchange) else { return self.fail(exchange, .upstreamTimeout) }
        if !suspension.isAnswered {
            guard self.now >= suspension.until else { return self.setSuspensionTimer(exchange, suspension) }
            switch suspension.wait {
            case .access(let wait): exchange.access?.giveUp(wait)
            case .traffic(let wait): exchange.traffic?.giveUp(wait)
            case nil: break
            }
        }
        self.endSuspension(exchange)
        self.timers.set(exchange.timer, deadline: .max)
        self.goOn(exchange, suspension)
    }

    /// Reads the head again and goes on with the rules that have not let the request pass yet.
    private func goOn(_ exchange: ExchangeRef, _ suspension: Suspension) {
        guard let head = suspension.head, let route = exchange.pointee.route else {
            return self.fail(exchange, .authorizationDenied)
        }
        let bytes = UnsafeBufferPointer(start: UnsafePointer(head.first), count: head.count).span
        // It was found good by the listener's limits before.
        let limits = HeadLimits(bytes: head.count, targetBytes: head.count, fields: head.count)
        guard case .complete(let end) = self.requestHead.parse(bytes, limits: limits) else {
            return self.fail(exchange, .badRequest)
        }
        if let reserved = suspension.reserved?.rules { self.requestHead.remove(reserved, of: bytes) }
        var path = RequestPath.plain
        if !self.requestHead.hasEmptyPath {
            path = RequestPath(normalising: bytes.extracting(self.requestHead.path.range), scratch: self.scratchPath)
        }
        guard path != .refused else { return self.fail(exchange, .badRequest) }
        if let state = exchange.access, !state.hasPassed {
            guard self.askRules(exchange, state, bytes, headEnd: end, path) else { return }
        }
        guard self.isLetThrough(exchange, route, bytes, headEnd: end, path) else { return }
        suspension.head = nil
        _ = self.forward(exchange, bytes, headEnd: end, path: path)
        self.wipe(head)
    }

    /// The exchange waits no more: it goes on, or is over. Who was asked for it need not answer.
    @inline(never)
    func endSuspension(_ exchange: ExchangeRef) {
        guard exchange.pointee.waiting.isSuspended else { return }
        exchange.pointee.waiting.isSuspended = false
        self.suspended -= 1
        guard let suspension = exchange.suspension, let wait = suspension.wait else { return }
        suspension.wait = nil
        switch wait {
        case .access(let wait): self.stopWaiting(exchange, wait)
        case .traffic(let wait): self.stopWaiting(exchange, wait)
        }
    }

    /// Gives back what the exchange has for waiting.
    @inline(never)
    func endSuspensions(_ exchange: ExchangeRef) {
        guard let held = exchange.pointee.suspension else { return }
        self.endSuspension(exchange)
        exchange.pointee.suspension = nil
        let suspension = held.takeRetainedValue()
        if let head = suspension.head { self.wipe(head) }
        suspension.head = nil
    }

    /// Heads hold passwords and tokens.
    private func wipe(_ head: Buffer) {
        explicit_bzero(head.base, head.end)
        self.buffers.giveBack(head)
    }
}
