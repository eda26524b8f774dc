import Balancing
import GatewaySnapshot
import HTTPWire
import Reactor
import Routing

extension Worker {
    /// Begins an exchange: checks, routes, and hands the request to an upstream. Returns how many of `bytes` were used.
    func begin(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, headEnd: Int) -> Int {
        if let reserved = self.reservedFields { self.requestHead.remove(reserved, of: bytes) }
        if exchange.pointee.client.pointee.hasRules { self.resolveClient(exchange, bytes) }
        if exchange.isHTTP2, exchange.pointee.request.upgrade == .none { self.recogniseCall(exchange, bytes) }
        self.startLogLine(exchange, head: bytes)
        var path = RequestPath.plain
        if let reason = self.check(exchange, bytes, &path) {
            self.refuseEarly(exchange, reason, bytes)
            return headEnd
        }
        if exchange.pointee.client.pointee.hasRules, exchange.pointee.request.upgrade == .none,
            self.asksForHealth(exchange, bytes)
        {
            self.answerHealth(exchange)
            return headEnd
        }
        let host = self.lowercasedHost(bytes)
        guard self.isDirected(exchange, host) else {
            self.refuseEarly(exchange, .misdirected, bytes)
            return headEnd
        }
        if self.requestHead.method == .options, self.answersPreflight(exchange, bytes, path, host) { return headEnd }
        let lookup = self.route(exchange, bytes, path, host)
        guard case .found(let route, let matched) = lookup else {
            self.noteListenerAnswerFields(exchange, bytes)
            self.refuseUnrouted(exchange, lookup.isGivenUp ? .patternLimit : .noRoute, bytes, path, host)
            return headEnd
        }
        exchange.pointee.route = route.retain()
        exchange.pointee.matched = matched
        self.noteCoding(exchange, route, bytes)
        self.noteCORS(exchange, route, bytes)
        self.noteAnswerFields(exchange, route, bytes)
        guard self.mayPass(exchange, route, bytes, headEnd: headEnd, path),
            self.isLetThrough(exchange, route, bytes, headEnd: headEnd, path)
        else { return headEnd }
        return self.forward(exchange, bytes, headEnd: headEnd, path: path)
    }

    /// The exchange of a request whose head was just parsed.
    func openExchange(_ client: ClientRef, stream: Int32) -> ExchangeRef {
        let exchange = self.makeExchange(client, stream: stream)
        exchange.pointee.request = RequestProgress(self.requestHead)
        client.pointee.requests += 1
        guard stream == 0 else { return exchange }
        client.pointee.state = .exchange
        let limit = exchange.settings.requestsPerConnection
        if !self.requestHead.persists || self.requestHead.version == .http10 || client.pointee.requests >= limit {
            client.pointee.closesAfter = true
        }
        return exchange
    }

    /// What is refused before routing; makes the canonical path on the way.
    private func check(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: inout RequestPath) -> Reason? {
        if self.requestHead.method == .connect || self.requestHead.method == .trace { return .methodNotAllowed }
        if case .length(let length) = self.requestHead.framing,
            length > exchange.settings.bodyBytes
        {
            return .bodyTooLarge
        }
        if !self.requestHead.hasEmptyPath {
            path = RequestPath(normalising: bytes.extracting(self.requestHead.path.range), scratch: self.scratchPath)
        }
        // `OPTIONS *` asks about the server as a whole (RFC 9110 section 9.3.7): no route stands for that.
        if !self.requestHead.hasEmptyPath, bytes[self.requestHead.path.range.lowerBound] != 0x2F { return .noRoute }
        return path == .refused ? .badRequest : nil
    }

    /// Finds the route for the request with its canonical host and path. The reference is not retained.
    private func route(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ path: RequestPath, _ host: UnsafeRawBufferPointer
    ) -> RouteLookup {
        let group = exchange.pointee.client.pointee.acceptor.pointee.group
        return bytes.withUnsafeBytes { bytes in
            if self.requestHead.hasEmptyPath {
                return withUnsafeBytes(of: UInt8(0x2F)) {
                    self.gateway.find(group: group, host: host, RouteRequest(self.requestHead, of: bytes, path: $0))
                }
            }
            var canonical = UnsafeRawBufferPointer(rebasing: bytes[self.requestHead.path.range])
            if case .rewritten(let wire, let match) = path {
                let slice = self.scratchPath[wire..<(wire + match)]
                canonical = UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: slice))
            }
            return self.gateway.find(
                group: group, host: host, RouteRequest(self.requestHead, of: bytes, path: canonical))
        }
    }

    /// Whether the request's host belongs to the listener that took its connection by the server name, and this still asks
    /// for the same client certificates (RFC 9110 section 15.5.20). A host that nobody has is for routing to refuse.
    private func isDirected(_ exchange: ExchangeRef, _ host: UnsafeRawBufferPointer) -> Bool {
        let client = exchange.pointee.client
        let acceptor = client.pointee.acceptor
        guard acceptor.pointee.checksListener else { return true }
        guard let slot = self.gateway.listener(group: acceptor.pointee.group, host: host) else { return true }
        return slot < acceptor.pointee.validations.count
            && acceptor.pointee.validations[slot] == client.pointee.validation
    }

    func lowercasedHost(_ bytes: Span<UInt8>) -> UnsafeRawBufferPointer {
        let host = bytes.extracting(self.requestHead.host.range)
        let count = min(host.count, self.scratchHost.count)
        for offset in 0..<count { self.scratchHost[offset] = host[offset].lowercased }
        return UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: self.scratchHost[..<count]))
    }

    /// Writes the upstream's request and sends it with what has come of the body.
    func forward(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, headEnd: Int, path: RequestPath) -> Int {
        guard let route = exchange.pointee.route, self.choose(exchange, route, bytes, path) else { return headEnd }
        guard self.suits(exchange, upstream: exchange.pointee.slot) else {
            self.answer(exchange, .upstreamInvalid)
            return headEnd
        }
        guard let pool = self.pool(of: exchange) else {
            self.answer(exchange, .noEndpoint)
            return headEnd
        }
        if exchange.pointee.retryPlan != nil {
            exchange.pointee.tries.keepsRequest = true
            pool.pointee.retryBudget.noteRequest(at: self.now)
        }
        if pool.pointee.affinity != nil { self.noteAffinity(exchange, pool, bytes) }
        let body = exchange.pointee.traffic == nil ? nil : self.takeCollectedBody(exchange)
        var head = self.buffers.borrow(headEnd + self.headRoom(exchange) + (body?.count ?? 0))
        var writer = ByteWriter(head.base, capacity: head.capacity)
        self.writeHead(exchange, pool, bytes, path, into: &writer)
        if let body { writer.append(body.span) }
        let used = body == nil ? self.appendRequestBody(exchange, bytes, from: headEnd, to: &writer) : headEnd
        head.end = writer.count
        exchange.pointee.waiting.request = head
        guard !writer.isOverrun else {
            self.answer(exchange, .headTooLarge)
            return used
        }
        self.startRequestClock(exchange)
        self.startCopy(exchange, head)
        let delay = exchange.pointee.waiting.delay
        if delay > 0 { self.hold(exchange, milliseconds: delay) } else { self.dispatch(exchange) }
        return used
    }

    /// A body with a length that came with its head goes upstream in the same write, as far as there is room.
    private func appendRequestBody(
        _ exchange: ExchangeRef, _ bytes: Span<UInt8>, from start: Int, to writer: inout ByteWriter
    )
        -> Int
    {
        guard case .length = exchange.pointee.request.framing else { return start }
        let available = min(bytes.count - start, writer.remaining)
        let remaining = exchange.pointee.request.remaining
        let count = remaining < UInt64(available) ? Int(remaining) : available
        writer.append(bytes.extracting(start..<(start + count)))
        self.countBody(exchange, count)
        return start + count
    }

    /// While the body comes its own clock runs; then the upstream's time begins.
    func startRequestClock(_ exchange: ExchangeRef) {
        guard !exchange.pointee.call.isGRPC else { return self.startCallClock(exchange) }
        guard exchange.pointee.request.isComplete else {
            return self.setTimer(exchange, after: exchange.settings.bodyTimeout)
        }
        let timeout = exchange.pointee.route?._withUnsafeGuaranteedRef { $0.requestTimeout } ?? 0
        exchange.pointee.deadline = timeout > 0 ? self.now + timeout : .max
        self.timers.set(exchange.timer, deadline: exchange.pointee.deadline)
    }
}

extension RequestProgress {
    init(_ head: borrowing RequestHead) {
        self.method = head.method
        self.version = head.version
        self.framing = head.framing
        self.expectsContinue = head.expectsContinue
        if head.asksForWebSocket { self.upgrade = .webSocket }
        switch head.framing {
        case .length(let length):
            self.remaining = length
            self.isComplete = length == 0
        case .chunked:
            self.isComplete = false
        case .none, .untilClose:
            break
        }
    }
}
