import CNghttp2
import Firewall
import GatewayModel
import HTTPWire
import Reactor
import Routing
import TrafficControl

/// Bodies of requests that firewalls look into: they are read before the request is forwarded.
extension Worker {
    /// Decides what becomes of a body that is to come.
    ///
    /// - Returns: `nil`: the firewalls are asked now, without a body.
    func meetBody(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ bytes: Span<UInt8>, headEnd: Int, _ path: RequestPath
    ) -> TrafficStep? {
        if case .length(let length) = exchange.pointee.request.framing {
            if let rule = check.refusing(bodyOf: length) {
                self.firewall.counters.count(rule, .failed)
                _ = self.refuse(exchange, check, policy: rule.name, observe: false, .firewallBodyTooLarge)
                return .answered
            }
            if self.isFiltered(exchange, check, length, bytes, headEnd: headEnd, path) { return .passes }
            guard length <= UInt64(clamping: check.mostScanned) else {
                self.firewallState(exchange, check).body = .tooLong
                return nil
            }
        }
        guard self.maySuspend else { return self.takeNoBody(exchange, check) }
        self.firewallState(exchange, check).body = .collecting
        let timeout = exchange.settings.bodyTimeout
        self.suspend(
            exchange, .traffic(.body), patience: timeout > 0 ? timeout : UInt64.max / 2, bytes, headEnd: headEnd)
        // Not before: what is said over HTTP/2 is written where the request's head may be.
        self.sayContinue(exchange)
        guard !exchange.pointee.isOver else { return .answered }
        // Some of it may be there already.
        self.schedule(exchange)
        return .waits
    }

    /// A short body that came with its head, and of which the filter shows that nothing is to be found, goes on as it is.
    private func isFiltered(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ length: UInt64, _ bytes: Span<UInt8>, headEnd: Int,
        _ path: RequestPath
    ) -> Bool {
        guard !exchange.isHTTP2, length <= UInt64(FirewallDesk.mostFiltered),
            UInt64(clamping: bytes.count - headEnd) >= length
        else { return false }
        let body = bytes.extracting(headEnd..<(headEnd + Int(length)))
        self.takeRequest(exchange, bytes)
        body.withUnsafeBufferPointer { self.firewall.request.body.append(contentsOf: $0) }
        let canonical = self.canonicalTarget(bytes, path)
        var index = 0
        while let rule = check.firewall(at: index) {
            let isShort = length <= UInt64(clamping: rule.firewall.policy.requestBodyLimit)
            guard isShort, !self.mayMatch(rule, bytes, canonical) else { return false }
            index += 1
        }
        for index in 0..<check.firewallCount {
            if let rule = check.firewall(at: index) { self.firewall.counters.count(rule, .filtered) }
        }
        return true
    }

    /// There is no room for the body: firewalls that block refuse the request, others see its head alone.
    private func takeNoBody(_ exchange: ExchangeRef, _ check: TrafficCheck) -> TrafficStep? {
        if let rule = check.blocking {
            self.firewall.counters.count(rule, .failed)
            _ = self.refuse(exchange, check, policy: rule.name, observe: false, .firewallOverloaded)
            return .answered
        }
        let state = self.firewallState(exchange, check)
        (state.body, state.withheld) = (.tooLong, .firewallOverloaded)
        return nil
    }

    /// Tells a client that waits for it to go on (RFC 9110 section 10.1.1).
    private func sayContinue(_ exchange: ExchangeRef) {
        guard exchange.pointee.request.expectsContinue, exchange.pointee.request.version == .http11 else { return }
        exchange.pointee.request.expectsContinue = false
        exchange.traffic?.firewall?.hasSaidContinue = true
        var writer = ByteWriter(self.scratchOut, capacity: 64)
        writer.append("HTTP/1.1 100 Continue\r\n\r\n")
        guard exchange.isHTTP2 else {
            if !self.send(exchange, writer.base, count: writer.count) { self.abort(exchange, .clientClosed) }
            return
        }
        let bytes = UnsafeBufferPointer(start: writer.base, count: writer.count).span
        let limits = HeadLimits(bytes: Self.readSize, targetBytes: 0, fields: 1)
        guard case .complete = self.responseHead.parse(bytes, limits: limits) else { return }
        self.submitInterim(exchange, writer.base)
    }

    // MARK: Reading

    /// Takes what has come of the body of a request that waits for it.
    @inline(never)
    func collectBody(_ exchange: ExchangeRef) {
        guard let traffic = exchange.traffic, let state = traffic.firewall, state.body == .collecting else { return }
        if exchange.isHTTP2 {
            self.collectStream(exchange, traffic.check, state)
        } else {
            self.collectConnection(exchange, traffic.check, state)
        }
    }

    private func collectConnection(_ exchange: ExchangeRef, _ check: TrafficCheck, _ state: FirewallState) {
        let client = exchange.pointee.client
        var reads = 0
        while state.body == .collecting, exchange.pointee.waiting.isSuspended {
            if let input = client.pointee.input {
                let used = self.collect(exchange, check, state, input.first, count: input.count)
                guard exchange.pointee.waiting.isSuspended else { return }
                self.drop(used, from: &client.pointee.input)
                client.pointee.hasUnparsedInput = client.pointee.input != nil
            } else {
                guard client.pointee.isReadable else { return }
                guard reads < Self.readsPerTurn else { return self.schedule(exchange) }
                reads += 1
                guard let count = self.read(client, into: self.scratchIn, count: Self.readSize) else { return }
                let used = self.collect(exchange, check, state, self.scratchIn, count: count)
                guard used < count, exchange.pointee.waiting.isSuspended else { continue }
                self.keep(client, self.scratchIn + used, count: count - used)
                client.pointee.hasUnparsedInput = true
            }
        }
    }

    /// Returns how many of `count` belonged to this request.
    private func collect(
        _ exchange: ExchangeRef, _ check: TrafficCheck, _ state: FirewallState, _ base: UnsafePointer<UInt8>, count: Int
    ) -> Int {
        var used = count
        if case .chunked = exchange.pointee.request.framing {
            guard let end = self.collectChunks(exchange, state, base, count: count) else {
                self.fail(exchange, .badRequest)
                return count
            }
            used = end
        } else {
            let remaining = exchange.pointee.request.remaining
            used = remaining < UInt64(count) ? Int(remaining) : count
            state.bytes.append(contentsOf: UnsafeBufferPointer(start: base, count: used))
            self.countBody(exchange, used)
        }
        self.checkCollected(exchange, check, state)
        return used
    }

    /// `nil`: they are no chunks.
    private func collectChunks(
        _ exchange: ExchangeRef, _ state: FirewallState, _ base: UnsafePointer<UInt8>, count: Int
    ) -> Int? {
        let bytes = UnsafeBufferPointer(start: base, count: count)
        var offset = 0
        while true {
            switch exchange.pointee.request.chunks.next(bytes.span, from: offset) {
            case .data(let range):
                state.bytes.append(contentsOf: bytes[range])
                exchange.pointee.bytesIn &+= UInt64(range.count)
                offset = range.upperBound
            case .needMore: return count
            case .end(let end):
                exchange.pointee.request.isComplete = true
                return end
            case .invalid: return nil
            }
        }
    }

    private func collectStream(_ exchange: ExchangeRef, _ check: TrafficCheck, _ state: FirewallState) {
        if let input = exchange.pointee.input {
            exchange.pointee.input = nil
            state.bytes.append(contentsOf: UnsafeBufferPointer(start: input.first, count: input.count))
            exchange.pointee.bytesIn &+= UInt64(input.count)
            if let session = exchange.pointee.client.pointee.session {
                nghttp2_session_consume_stream(session.pointee.handle, exchange.pointee.stream, input.count)
                self.markPending(exchange.pointee.client)
            }
            self.buffers.giveBack(input)
        } else if !exchange.pointee.request.hasEnded {
            return
        }
        if exchange.pointee.request.hasEnded { exchange.pointee.request.isComplete = true }
        self.checkCollected(exchange, check, state)
    }

    /// Decides whether the body is whole, or longer than it may be.
    private func checkCollected(_ exchange: ExchangeRef, _ check: TrafficCheck, _ state: FirewallState) {
        let isWhole = exchange.pointee.request.isComplete
        guard exchange.pointee.bytesIn <= exchange.settings.bodyBytes,
            exchange.pointee.bytesIn <= exchange.pointee.bodyLimit || self.passesBodyLimit(exchange)
        else { return self.fail(exchange, .bodyTooLarge) }
        if let rule = check.refusing(bodyOf: UInt64(state.bytes.count)) {
            self.firewall.counters.count(rule, .failed)
            _ = self.refuse(exchange, check, policy: rule.name, observe: false, .firewallBodyTooLarge)
            return
        }
        self.firewall.collected += state.bytes.capacity - state.counted
        state.counted = state.bytes.capacity
        if self.firewall.collected > FirewallDesk.mostCollected, !isWhole {
            guard self.takeNoBody(exchange, check) == nil else { return }
        } else if isWhole {
            state.body = .whole
        } else if state.bytes.count > check.mostScanned {
            state.body = .tooLong
        }
        guard state.body != .collecting else { return self.extendBody(exchange) }
        // As if the request came only now: its time is the upstream's.
        let timeout = exchange.pointee.route?._withUnsafeGuaranteedRef { $0.requestTimeout } ?? 0
        exchange.pointee.deadline = timeout > 0 ? self.now &+ timeout : .max
        self.resumeLater(exchange)
    }

    private func extendBody(_ exchange: ExchangeRef) {
        if let deadline = self.bodyDeadline(exchange) { self.extendSuspension(exchange, until: deadline) }
    }

    // MARK: Forwarding

    /// The body that goes upstream together with the head; the head is changed to say so. `nil`: it comes as always.
    @inline(never)
    func takeCollectedBody(_ exchange: ExchangeRef) -> [UInt8]? {
        guard let state = exchange.traffic?.firewall else { return nil }
        if state.hasSaidContinue { self.requestHead.dropExpectation() }
        guard state.body == .whole else {
            if state.body == .tooLong { exchange.pointee.deadline = .max }
            return nil
        }
        let bytes = state.bytes
        (state.body, state.bytes) = (.sent, [])
        let framing = BodyFraming.length(UInt64(bytes.count))
        self.requestHead.setFraming(framing)
        exchange.pointee.request.framing = framing
        return bytes
    }

    /// Sends the beginning of a body that was too long to be scanned.
    func forwardHeldBody(_ exchange: ExchangeRef, _ upstream: UpstreamRef) {
        guard let state = exchange.traffic?.firewall else { return }
        let bytes = state.bytes
        state.bytes = []
        bytes.withUnsafeBufferPointer { body in
            guard let base = body.baseAddress else { return }
            if exchange.pointee.mirror != nil { self.copyBody(exchange, base, count: body.count) }
            guard case .chunked = exchange.pointee.request.framing, upstream.pointee.kind != .stream else {
                return self.sendUpstream(upstream, base, count: body.count)
            }
            var writer = ByteWriter(self.scratchOut, capacity: 32)
            writer.append(hex: UInt64(body.count))
            writer.append("\r\n")
            self.sendUpstream(upstream, writer.base, count: writer.count)
            self.sendUpstream(upstream, base, count: body.count)
            self.sendUpstream(upstream, (("\r\n") as StaticString).utf8Start, count: 2)
        }
        self.giveBackBody(state)
        self.noteBodyProgress(exchange)
    }

    /// The body is no longer counted among those that are kept.
    func giveBackBody(_ state: FirewallState) {
        self.firewall.collected -= state.counted
        state.counted = 0
    }
}
