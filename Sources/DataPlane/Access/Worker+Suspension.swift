import AccessControl
import GatewayModel
import Glibc
import HTTPWire
import Reactor
import Routing

/// Requests whose rules wait for something: their heads are kept, and nothing more of them is read.
extension Worker {
    /// How long anybody waits for keys and for the check of a password, in milliseconds.
    private static let patience: UInt64 = 5000

    func suspend(
        _ exchange: ExchangeRef, _ state: AccessState, _ wait: AccessWait, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) {
        if state.head == nil {
            bytes.withUnsafeBufferPointer { head in
                guard let base = head.baseAddress else { return }
                self.append(base, count: min(headEnd, head.count), to: &state.head)
            }
        }
        exchange.pointee.waiting.isSuspended = true
        self.access.suspended += 1
        state.wait = wait
        state.isAnswered = false
        var patience = Self.patience
        // What is already known by then resumes the exchange all the same, in the loop's next round.
        switch wait {
        case .keys(let uri): self.waitForKeys(exchange, uri)
        case .password(let question): self.checkPassword(exchange, state, question)
        case .service(let rule):
            patience = UInt64(clamping: rule.policy.timeout)
            self.askService(exchange, state, rule, bytes, path)
        }
        guard exchange.pointee.waiting.isSuspended else { return }
        state.until = self.now &+ patience
        self.setSuspensionTimer(exchange, state)
    }

    private func setSuspensionTimer(_ exchange: ExchangeRef, _ state: AccessState) {
        self.timers.set(exchange.timer, deadline: min(state.until, self.suspensionLimit(exchange)))
    }

    /// When the request as a whole is too late.
    private func suspensionLimit(_ exchange: ExchangeRef) -> UInt64 {
        min(self.limit(exchange), exchange.pointee.call.deadline)
    }

    /// What the exchange waited for is known: it goes on in the loop's next round.
    func resumeLater(_ exchange: ExchangeRef) {
        guard !exchange.pointee.isOver, exchange.pointee.waiting.isSuspended, let state = exchange.access else {
            return
        }
        state.isAnswered = true
        self.schedule(exchange)
    }

    /// Goes on with a suspended exchange, when it is known what it waits for or nobody waits any longer.
    @inline(never)
    func resumeSuspended(_ exchange: ExchangeRef) {
        guard let state = exchange.access else { return self.fail(exchange, .authorizationDenied) }
        guard self.now < self.suspensionLimit(exchange) else { return self.fail(exchange, .upstreamTimeout) }
        if !state.isAnswered {
            guard self.now >= state.until else { return self.setSuspensionTimer(exchange, state) }
            if let wait = state.wait { state.giveUp(wait) }
        }
        self.endSuspension(exchange)
        self.timers.set(exchange.timer, deadline: .max)
        self.askAgain(exchange, state)
    }

    private func askAgain(_ exchange: ExchangeRef, _ state: AccessState) {
        guard let head = state.head else { return self.fail(exchange, .authorizationDenied) }
        let bytes = UnsafeBufferPointer(start: UnsafePointer(head.first), count: head.count).span
        // It was found good by the listener's limits before.
        let limits = HeadLimits(bytes: head.count, targetBytes: head.count, fields: head.count)
        guard case .complete(let end) = self.requestHead.parse(bytes, limits: limits) else {
            return self.fail(exchange, .badRequest)
        }
        if let reserved = state.reserved?.rules { self.requestHead.remove(reserved, of: bytes) }
        var path = RequestPath.plain
        if !self.requestHead.hasEmptyPath {
            path = RequestPath(normalising: bytes.extracting(self.requestHead.path.range), scratch: self.scratchPath)
        }
        guard path != .refused else { return self.fail(exchange, .badRequest) }
        guard self.askRules(exchange, state, bytes, headEnd: end, path) else { return }
        state.head = nil
        _ = self.forward(exchange, bytes, headEnd: end, path: path)
        self.wipe(head)
    }

    /// The exchange waits no more: it goes on, or is over. Who was asked for it need not answer.
    @inline(never)
    func endSuspension(_ exchange: ExchangeRef) {
        guard exchange.pointee.waiting.isSuspended else { return }
        exchange.pointee.waiting.isSuspended = false
        self.access.suspended -= 1
        guard let state = exchange.access else { return }
        switch state.wait {
        case .keys(let uri): self.stopWaitingForKeys(exchange, uri)
        case .password: self.stopWaitingForPassword(state)
        case .service: self.stopAsking(state)
        case nil: break
        }
        state.wait = nil
    }

    /// Gives back what the exchange has for access rules.
    @inline(never)
    func endAccess(_ exchange: ExchangeRef) {
        guard let held = exchange.pointee.access else { return }
        self.endSuspension(exchange)
        exchange.pointee.access = nil
        let state = held.takeRetainedValue()
        if let head = state.head { self.wipe(head) }
        state.head = nil
    }

    /// Heads hold passwords and tokens.
    private func wipe(_ head: Buffer) {
        explicit_bzero(head.base, head.end)
        self.buffers.giveBack(head)
    }
}

// MARK: Keys

extension Worker {
    /// The exchange waits for the keys at a URL, for which the supervisor is asked.
    func waitForKeys(_ exchange: ExchangeRef, _ uri: String) {
        self.access.keyWaiters[uri, default: []].append(exchange)
        if self.access.memory.keys.wait(for: uri, at: self.now) { self.report(.keySetWanted(uri: uri)) }
    }

    /// Whoever waits for the keys at this URL asks again; `AccessMemory` has them by now.
    func keysArrived(_ uri: String) {
        for exchange in self.access.keyWaiters[uri] ?? [] { self.resumeLater(exchange) }
    }

    fileprivate func stopWaitingForKeys(_ exchange: ExchangeRef, _ uri: String) {
        guard var waiters = self.access.keyWaiters.removeValue(forKey: uri) else { return }
        waiters.removeAll { $0 == exchange }
        if !waiters.isEmpty { self.access.keyWaiters[uri] = waiters }
    }
}

// MARK: Passwords

extension Worker {
    fileprivate func checkPassword(_ exchange: ExchangeRef, _ state: AccessState, _ question: PasswordQuestion) {
        guard let job = self.access.passwords.ask(question) else {
            state.giveUp(.password(question))
            return self.resumeLater(exchange)
        }
        state.job = job
        self.access.passwordWaiters[job] = exchange
    }

    /// The thread that checks passwords may have come to something.
    func passwordsCame() {
        for (job, isRight) in self.access.passwords.takeResults() {
            guard let exchange = self.access.passwordWaiters[job], let state = exchange.access,
                case .password(let question) = state.wait
            else { continue }
            state.findings.learn(question, isRight: isRight)
            self.resumeLater(exchange)
        }
    }

    fileprivate func stopWaitingForPassword(_ state: AccessState) {
        self.access.passwordWaiters[state.job] = nil
        self.access.passwords.cancel(state.job)
    }
}
