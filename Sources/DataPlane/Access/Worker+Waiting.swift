import AccessControl
import GatewayModel
import HTTPWire
import Reactor
import Routing

/// Access rules that wait for something.
extension Worker {
    /// How long anybody waits for keys and for the check of a password, in milliseconds.
    private static let patience: UInt64 = 5000

    func wait(
        _ exchange: ExchangeRef, _ state: AccessState, for wait: AccessWait, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) {
        var patience = Self.patience
        if case .service(let rule) = wait { patience = UInt64(clamping: rule.policy.timeout) }
        self.suspend(exchange, .access(wait), patience: patience, bytes, headEnd: headEnd)
        // What is already known by then resumes the exchange all the same, in the loop's next round.
        switch wait {
        case .keys(let uri): self.waitForKeys(exchange, uri)
        case .password(let question): self.checkPassword(exchange, state, question)
        case .service(let rule): self.askService(exchange, state, rule, bytes, path)
        }
    }

    /// Nobody waits for the answer any more.
    func stopWaiting(_ exchange: ExchangeRef, _ wait: AccessWait) {
        guard let state = exchange.access else { return }
        switch wait {
        case .keys(let uri): self.stopWaitingForKeys(exchange, uri)
        case .password: self.stopWaitingForPassword(state)
        case .service: self.stopAsking(state)
        }
    }

    /// Gives back what the exchange has for access rules.
    @inline(never)
    func endAccess(_ exchange: ExchangeRef) {
        guard let held = exchange.pointee.access else { return }
        exchange.pointee.access = nil
        held.release()
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
                case .access(.password(let question)) = exchange.suspension?.wait
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
