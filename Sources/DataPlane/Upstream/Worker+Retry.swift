import Balancing
import GatewayModel
import HTTPWire
import Reactor
import Routing

/// Tries after the first.
extension Worker {
    /// How many goodbyes one request may meet.
    private static let goodbyeLimit: UInt8 = 16

    /// The exchange cannot go on with this connection: it is tried once more where that is safe or allowed, or it fails.
    func upstreamFailed(_ upstream: UpstreamRef, _ reason: Reason) {
        if upstream.pointee.kind == .carrier { return self.carrierFailed(upstream, reason) }
        guard let exchange = upstream.pointee.exchange else { return self.closeUpstream(upstream) }
        if self.mayResend(exchange, upstream, reason) { return self.resend(exchange, upstream) }
        let pool = upstream.pointee.pool
        self.noteFailure(pool, upstream.pointee.endpoint)
        guard !upstream.pointee.hasAnswered, self.maySendAgain(exchange, upstream),
            let trigger = RetryRule.Trigger(reason, upstream),
            exchange.pointee.retryPlan?.follows(trigger) == true, self.takesRetry(exchange, pool, after: trigger)
        else { return self.fail(exchange, reason) }
        self.tryAgain(exchange, upstream)
    }

    /// Follows an answer by another try where the route says so. `false`: the answer is passed on.
    @inline(never)
    func retries(_ exchange: ExchangeRef, _ upstream: UpstreamRef, status: UInt16) -> Bool {
        guard self.maySendAgain(exchange, upstream), exchange.pointee.retryPlan?.follows(status: status) == true,
            self.takesRetry(exchange, upstream.pointee.pool, after: nil)
        else { return false }
        self.tryAgain(exchange, upstream, status: status)
        return true
    }

    /// The same for a try that did not come so far as to have a connection.
    func retryLater(_ exchange: ExchangeRef, _ pool: PoolRef, after reason: Reason) -> Bool {
        guard reason == .upstreamConnectFailed, exchange.pointee.retryPlan?.follows(.connectFailure) == true,
            self.takesRetry(exchange, pool, after: .connectFailure)
        else { return false }
        exchange.pointee.tries.endpoints.insert(exchange.pointee.endpoint)
        self.holdForRetry(exchange)
        return true
    }

    // MARK: Whether

    /// A kept connection may have been closed by the upstream just when it was used again (RFC 9112 section 9.3.1): a
    /// request that is idempotent, has no body and got no byte of an answer is sent once more on a new one. So is any that an
    /// upstream says it has not processed (RFC 9113 section 8.7).
    private func mayResend(_ exchange: ExchangeRef, _ upstream: UpstreamRef, _ reason: Reason) -> Bool {
        guard upstream.pointee.output != nil else { return false }
        if upstream.pointee.carrying.wasRefused {
            guard upstream.pointee.carrying.keepsRequest else { return false }
            return upstream.wasLeft
                ? exchange.pointee.tries.goodbyes < Self.goodbyeLimit : !exchange.pointee.tries.wasResent
        }
        return reason == .upstreamReset && upstream.pointee.isReused && !upstream.pointee.hasAnswered
            && !exchange.pointee.tries.wasResent && exchange.pointee.request.method.isIdempotent
            && !exchange.pointee.request.framing.hasBody
    }

    /// The whole request is at hand, or nothing of it was sent, and the answer has not begun.
    private func maySendAgain(_ exchange: ExchangeRef, _ upstream: UpstreamRef) -> Bool {
        guard upstream.pointee.output != nil, !exchange.pointee.tries.bodyIsGone, !exchange.pointee.response.hasHead,
            exchange.pointee.tunnel == nil
        else { return false }
        return exchange.pointee.request.isComplete || !upstream.isConnected
    }

    /// Takes one of the tries that the route, its budget and the upstream's limit allow.
    ///
    /// - Parameter trigger: `nil`: an answer. What no endpoint has looked at is no further load, and is not counted.
    private func takesRetry(_ exchange: ExchangeRef, _ pool: PoolRef, after trigger: RetryRule.Trigger?) -> Bool {
        guard let plan = exchange.pointee.retryPlan, exchange.pointee.tries.retries < plan.attempts,
            let method = RetryRule.Method(exchange.pointee.request.method), plan.allows(method)
        else { return false }
        // A mirror is no request whose answer anybody waits for.
        guard !exchange.pointee.client.pointee.isMirror else { return false }
        let isCounted = trigger != .connectFailure && trigger != .refusedStream
        guard !isCounted || self.isWithinBudget(plan, pool) else { return false }
        if !exchange.pointee.waiting.holdsRetry, let breaker = pool.pointee.breaker {
            guard breaker.gauges.retries.take(limit: breaker.limits.maxParallelRetries) else { return false }
            exchange.pointee.waiting.holdsRetry = true
        }
        if exchange.pointee.tries.countedBy < 0 {
            exchange.pointee.tries.countedBy = pool.pointee.slot
            pool.pointee.retrying += 1
        }
        exchange.pointee.tries.retries += 1
        pool.pointee.counters.countRetry()
        return true
    }

    private func isWithinBudget(_ plan: RetryPlan, _ pool: PoolRef) -> Bool {
        guard
            pool.pointee.retryBudget.allows(
                percent: plan.budgetPercent, minimumConcurrency: plan.minimumConcurrency,
                retrying: pool.pointee.retrying,
                active: max(pool.pointee.active, pool.pointee.retrying), at: self.now)
        else { return false }
        pool.pointee.retryBudget.noteRetry(at: self.now)
        return true
    }

    // MARK: How

    private func tryAgain(_ exchange: ExchangeRef, _ upstream: UpstreamRef, status: UInt16 = 0) {
        exchange.pointee.tries.endpoints.insert(upstream.pointee.endpoint)
        self.takeBack(exchange, upstream, status: status)
        self.holdForRetry(exchange)
    }

    private func holdForRetry(_ exchange: ExchangeRef) {
        guard let plan = exchange.pointee.retryPlan else { return }
        let backoff = Backoff(base: plan.backoffBase, maximum: plan.backoffMaximum)
        let wait = backoff.delay(attempt: exchange.pointee.tries.retries, random: self.random.next())
        self.hold(exchange, milliseconds: wait)
    }

    /// Sends the request at once, over another connection.
    private func resend(_ exchange: ExchangeRef, _ upstream: UpstreamRef) {
        if upstream.wasLeft { exchange.pointee.tries.goodbyes += 1 } else { exchange.pointee.tries.wasResent = true }
        let carrier = upstream.pointee.carrying.carrier
        self.takeBack(exchange, upstream)
        self.dispatch(exchange, isFresh: true, besides: carrier)
    }

    /// Looks for a connection anew: the one that the request was given cannot be made.
    func sendElsewhere(_ upstream: UpstreamRef) {
        guard let exchange = upstream.pointee.exchange, upstream.pointee.output != nil else {
            return self.upstreamFailed(upstream, .upstreamConnectFailed)
        }
        self.takeBack(exchange, upstream)
        self.dispatch(exchange)
    }

    /// Takes the request, as it was before it was sent, back from a connection that has no more use for it.
    private func takeBack(_ exchange: ExchangeRef, _ upstream: UpstreamRef, status: UInt16 = 0) {
        var head = upstream.pointee.output
        upstream.pointee.output = nil
        head?.start = 0
        self.releaseUpstream(exchange, reusable: false, status: status, isLast: false)
        exchange.pointee.waiting.request = head
        // An upstream that took no more of a body was given up, not the body.
        exchange.pointee.request.isAbandoned = false
    }
}

extension UnsafeMutablePointer<UpstreamConnection> {
    /// A goodbye has left the request out, which is nobody's fault: connections end after so many requests.
    fileprivate var wasLeft: Bool {
        self.pointee.carrying.wasRefused && !self.pointee.carrying.isReset
    }

    /// A request can have been sent.
    fileprivate var isConnected: Bool { self.pointee.state != .connecting && self.pointee.state != .handshaking }
}

extension Exchange {
    var retryPlan: RetryPlan? {
        self.route?._withUnsafeGuaranteedRef { $0.plan }?._withUnsafeGuaranteedRef { $0.retry }
    }
}

extension RetryRule.Trigger {
    fileprivate init?(_ reason: Reason, _ upstream: UpstreamRef) {
        switch reason {
        case .upstreamConnectFailed, .upstreamTLSFailed: self = .connectFailure
        case .upstreamReset where upstream.pointee.carrying.wasRefused: self = .refusedStream
        case .upstreamReset where !upstream.isConnected: self = .connectFailure
        case .upstreamReset: self = .reset
        case .upstreamTimeout where !upstream.isConnected: self = .connectFailure
        case .upstreamTimeout: self = .timeout
        default: return nil
        }
    }
}

extension RetryRule.Method {
    fileprivate init?(_ method: Method) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .put: self = .put
        case .delete: self = .delete
        case .options: self = .options
        case .patch: self = .patch
        case .connect, .trace, .other: return nil
        }
    }
}
