import GatewayModel
import HTTPWire
import Reactor
import Routing

/// Copies of requests for other upstreams, which neither slow nor fail the original.
///
/// A mirror is an exchange like any other, of a client that does not exist: it has no socket, what is written to it is lost, and
/// it counts in no listener's numbers. So pools, HTTP/2, TLS and times serve mirrors as they serve requests.
extension Worker {
    /// Draws who gets a copy of the request whose head has just been written, with what came of its body.
    @inline(__always)
    func startCopy(_ exchange: ExchangeRef, _ request: Buffer) {
        guard let plan = exchange.pointee.route?._withUnsafeGuaranteedRef({ $0.plan }),
            plan._withUnsafeGuaranteedRef({ !$0.mirrors.isEmpty })
        else { return }
        self.startCopy(exchange, request, plan)
    }

    @inline(never)
    private func startCopy(_ exchange: ExchangeRef, _ request: Buffer, _ plan: Unmanaged<RoutePlan>) {
        guard exchange.pointee.request.upgrade == .none, !exchange.pointee.call.isGRPC else { return }
        var chosen: UInt64 = 0
        plan._withUnsafeGuaranteedRef { plan in
            for (place, mirror) in plan.mirrors.enumerated().prefix(64)
            where self.random.next().hits(perMillion: mirror.perMillion) {
                chosen |= 1 << UInt64(place)
            }
        }
        guard chosen != 0 else { return }
        var copy = MirrorCopy(request: nil, headEnd: request.count, chosen: chosen)
        // A body that was read before the request was forwarded came with its head.
        guard request.count <= MirrorCopy.limit + Self.readSize else {
            exchange.pointee.mirror = copy
            return self.dropCopy(exchange)
        }
        self.append(request.first, count: request.count, to: &copy.request)
        exchange.pointee.mirror = copy
        self.finishCopy(exchange)
    }

    /// Takes body bytes, without framing, on their way to the upstream.
    @inline(never)
    func copyBody(_ exchange: ExchangeRef, _ bytes: UnsafePointer<UInt8>, count: Int) {
        guard var copy = exchange.pointee.mirror, let request = copy.request else { return }
        guard request.count - copy.headEnd + count <= MirrorCopy.limit else { return self.dropCopy(exchange) }
        self.append(bytes, count: count, to: &copy.request)
        exchange.pointee.mirror = copy
    }

    /// Sends the copies once all of the request has come.
    @inline(never)
    func finishCopy(_ exchange: ExchangeRef) {
        guard exchange.pointee.request.isComplete, let copy = exchange.pointee.mirror, let request = copy.request
        else { return }
        exchange.pointee.mirror = nil
        let plan = exchange.pointee.route?._withUnsafeGuaranteedRef { $0.plan }
        plan?._withUnsafeGuaranteedRef { plan in
            for (place, mirror) in plan.mirrors.enumerated() where self.has(copy, place) {
                self.startMirror(exchange, upstream: mirror.upstream, request, headEnd: copy.headEnd)
            }
        }
        self.buffers.giveBack(request)
    }

    /// Gives the copy up.
    @inline(never)
    func dropCopy(_ exchange: ExchangeRef) {
        guard var copy = exchange.pointee.mirror else { return }
        exchange.pointee.mirror = nil
        self.giveBack(&copy.request)
        let plan = exchange.pointee.route?._withUnsafeGuaranteedRef { $0.plan }
        plan?._withUnsafeGuaranteedRef { plan in
            for (place, mirror) in plan.mirrors.enumerated() where self.has(copy, place) {
                self.countMirror(mirror.upstream) { $0.dropped += 1 }
            }
        }
    }

    private func has(_ copy: MirrorCopy, _ place: Int) -> Bool { place < 64 && copy.chosen & 1 << UInt64(place) != 0 }

    // MARK: The mirror

    private func startMirror(_ original: ExchangeRef, upstream slot: Int, _ request: Buffer, headEnd: Int) {
        guard self.mirrorsUnderWay < MirrorCopy.mostAtOnce, let route = original.pointee.route else {
            return self.countMirror(slot) { $0.dropped += 1 }
        }
        let client = self.clientCells.allocate().assumingMemoryBound(to: Client.self)
        client.initialize(to: Client(mirrorOf: original.pointee.client, token: Token.make(client, Token.client)))
        let exchange = self.exchangeCells.allocate().assumingMemoryBound(to: Exchange.self)
        exchange.initialize(to: Exchange(token: Token.make(exchange, Token.exchange), client: client, stream: 0))
        client.pointee.exchanges = exchange
        self.mirrorsUnderWay += 1
        exchange.pointee.startedAt = self.nowNanoseconds
        exchange.pointee.id = original.pointee.id
        exchange.pointee.route = route.retain()
        exchange.pointee.share = original.pointee.share
        exchange.pointee.slot = slot
        exchange.pointee.request.method = original.pointee.request.method
        self.fillMirror(exchange, original, request, headEnd: headEnd)
        self.startRequestClock(exchange)
        self.dispatch(exchange)
    }

    /// Copies the request. A body that came in chunks has a length by now.
    private func fillMirror(_ exchange: ExchangeRef, _ original: ExchangeRef, _ request: Buffer, headEnd: Int) {
        guard case .chunked = original.pointee.request.framing else {
            exchange.pointee.request.framing = original.pointee.request.framing
            return self.append(request.first, count: request.count, to: &exchange.pointee.waiting.request)
        }
        let field: StaticString = "Transfer-Encoding: chunked\r\n\r\n"
        let length = UInt64(clamping: request.count - headEnd)
        exchange.pointee.request.framing = .length(length)
        self.append(
            request.first, count: max(0, headEnd - field.utf8CodeUnitCount), to: &exchange.pointee.waiting.request)
        var writer = ByteWriter(self.scratchOut, capacity: 64)
        writer.append("Content-Length: ")
        writer.append(decimal: length)
        writer.append("\r\n\r\n")
        self.append(writer.base, count: writer.count, to: &exchange.pointee.waiting.request)
        self.append(request.first + headEnd, count: request.count - headEnd, to: &exchange.pointee.waiting.request)
    }

    /// Counts a mirror that has ended.
    @inline(never)
    func endMirror(_ exchange: ExchangeRef) {
        if exchange.pointee.question != nil { return self.endQuestion(exchange) }
        self.mirrorsUnderWay -= 1
        let isAnswered = exchange.pointee.reason == nil && exchange.pointee.response.hasHead
        self.countMirror(exchange.pointee.slot) {
            if isAnswered { $0.answered += 1 } else { $0.failed += 1 }
        }
    }

    /// Gives back what stood for a client.
    @inline(never)
    func closeMirror(_ client: ClientRef) {
        client.pointee.state = .closed
        self.timers.remove(client.timer)
        self.giveBack(&client.pointee.input)
        self.giveBack(&client.pointee.output)
        self.closedClients.append(client)
    }

    // MARK: Counting

    private func countMirror(_ slot: Int, _ change: (inout MirrorCounters) -> Void) {
        if self.mirrorCounters[slot] == nil {
            guard self.pools.indices.contains(slot), let pool = self.pools[slot] else { return }
            self.mirrorCounters[slot] = MirrorCounters(name: pool.pointee.name)
        }
        if var counters = self.mirrorCounters[slot] {
            change(&counters)
            self.mirrorCounters[slot] = counters
        }
    }

    func mirrorSamples() -> [MetricSample] {
        self.mirrorCounters.values.flatMap { counters in
            [("answered", counters.answered), ("failed", counters.failed), ("dropped", counters.dropped)]
                .filter { $0.1 > 0 }
                .map { result, count in
                    MetricSample(
                        "sluice_mirror_requests_total", [.init("upstream", counters.name), .init("result", result)],
                        value: Double(count))
                }
        }
    }
}
