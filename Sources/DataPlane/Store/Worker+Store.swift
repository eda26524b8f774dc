import Glibc
import RateLimiting
import Reactor

/// The store of global limits, on the loop.
extension Worker {
    func storeIsReady(_ readiness: Readiness) {
        guard let store = self.store, store.descriptor >= 0 else { return }
        store.isReadyTo(
            readiness, now: self.now, scratch: self.scratchIn, size: Self.readSize,
            told: { self.storeSaid($0, $1) }, lost: { self.storeSaid($0, nil) })
    }

    /// At the end of a turn: sends what was asked in it, and looks whether an answer is late.
    func lookAtStore() {
        guard let store = self.store else { return }
        if !store.flush() { store.lose(now: self.now) { self.storeSaid($0, nil) } }
        if let descriptor = store.look(now: self.now, { self.storeSaid($0, nil) }),
            !self.poller.addStream(descriptor, token: Token.store)
        {
            store.lose(now: self.now) { self.storeSaid($0, nil) }
        }
        guard let next = store.nextLook else { return }
        self.heldUntil = max(self.heldUntil, next &+ 2 &* TimerWheel.tickMilliseconds)
    }

    /// An answer has come, or never will.
    private func storeSaid(_ question: UInt64, _ decisions: [StoreDecision]?) {
        guard let store = self.store, let exchange = store.askers.removeValue(forKey: question),
            let asked = exchange.traffic?.asked, asked.number == question
        else { return }
        if let decisions {
            self.learn(decisions, asked)
            exchange.traffic?.asked?.answer = .decided(decisions.map(\.decision))
        } else {
            self.forget(asked)
            exchange.traffic?.asked?.answer = .unreachable
        }
        self.resumeLater(exchange)
    }

    var storeSamples: [MetricSample] {
        guard let store = self.store else { return [] }
        let counts = store.counts
        return [("answered", counts.answered), ("failed", counts.failed), ("late", counts.late)].map { result, count in
            MetricSample(
                "sluice_rate_limit_store_requests_total", [.init("result", result)], value: Double(count))
        } + [MetricSample("sluice_rate_limit_store_connected", value: store.isReady ? 1 : 0)]
    }
}
