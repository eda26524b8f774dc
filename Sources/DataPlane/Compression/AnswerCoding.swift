import Compression
import GatewaySnapshot
import HTTPWire
import Routing

/// Whether and how one answer is compressed; empty where no policy speaks of it.
struct AnswerCoding {
    /// Compressors that one worker has in use at most, which bounds their memory to some hundred megabytes: answers beyond
    /// go out as they are.
    static let limit = 64

    /// The policy in force when the request came. Retained until the answer's head has come, as neither a listener's nor
    /// a route's need live so long.
    var plan: Unmanaged<CompressionPlan>?
    /// What the client accepts, from a head that is gone when the answer comes.
    var accepted = AcceptEncoding()
    /// The client has something with a weak tag and asks whether it is still good.
    var hasWeakTag = false
    var decision = CompressionDecision.untouched
    /// Taken from the worker's pool: while a compressed body is on its way.
    var compressor: Unmanaged<StreamCompressor>?
    /// What has come of the body is not held back to find more to repeat.
    var flushes = false
}

extension Worker {
    /// Keeps what the answer's compression needs of a request that was routed; its head will be gone.
    @inline(__always)
    func noteCoding(_ exchange: ExchangeRef, _ route: Unmanaged<CompiledRoute>, _ bytes: Span<UInt8>) {
        let (own, inherits) = route._withUnsafeGuaranteedRef { ($0.compressionPlan, $0.inheritsCompression) }
        if let own {
            self.startCoding(exchange, own, bytes)
        } else if inherits, !exchange.pointee.client.pointee.acceptor.pointee.compression.isEmpty {
            self.noteListenerCoding(exchange, bytes)
        }
    }

    @inline(never)
    private func noteListenerCoding(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        let acceptor = exchange.pointee.client.pointee.acceptor
        let host = self.lowercasedHost(bytes)
        guard let slot = self.gateway.listener(group: acceptor.pointee.group, host: host),
            acceptor.pointee.compression.indices.contains(slot), let plan = acceptor.pointee.compression[slot]
        else { return }
        self.startCoding(exchange, .passUnretained(plan), bytes)
    }

    @inline(never)
    private func startCoding(_ exchange: ExchangeRef, _ plan: Unmanaged<CompressionPlan>, _ bytes: Span<UInt8>) {
        exchange.pointee.coding.plan = plan.retain()
        // A client of HTTP/1.0 knows no chunks, and so could not tell whether a compressed body is whole.
        guard exchange.pointee.request.version == .http11 else { return }
        exchange.pointee.coding.accepted = AcceptEncoding(self.requestHead.fields, of: bytes)
        for index in 0..<self.requestHead.fields.count {
            let line = self.requestHead.fields[index]
            guard line.known == .other, bytes.extracting(line.name.range).equals("if-none-match") else { continue }
            if bytes.extracting(line.value.range).hasPrefix("w/\"") { exchange.pointee.coding.hasWeakTag = true }
        }
    }

    /// Decides about the answer that `responseHead` was parsed from, and takes out of it what is no longer true.
    @inline(never)
    func decideCoding(_ exchange: ExchangeRef, _ bytes: Span<UInt8>) {
        guard let plan = exchange.pointee.coding.plan else { return }
        let accepted = exchange.pointee.coding.accepted
        var decision = plan._withUnsafeGuaranteedRef { $0.rule.decide(self.responseHead, of: bytes, for: accepted) }
        // The tag was made weak when it went out. A strong one would not match it again (RFC 9111 section 4.3.4).
        if self.responseHead.status == 304, exchange.pointee.coding.hasWeakTag { decision = .revalidated }
        plan.release()
        exchange.pointee.coding.plan = nil
        if let coding = decision.coding, exchange.pointee.response.framing.hasBody {
            if let compressor = self.compressors.take(coding, length: self.responseHead.declaredLength) {
                exchange.pointee.coding.compressor = .passRetained(compressor)
                exchange.pointee.coding.flushes = self.responseHead.isEventStream
                exchange.pointee.response.sendsChunks = !exchange.isHTTP2
            } else {
                decision = .varies
            }
        }
        exchange.pointee.coding.decision = decision
        self.responseHead.withhold(for: decision, of: bytes)
    }

    /// How often the answer is read in one turn. Compressing one takes as long as passing on some twenty.
    @inline(__always)
    static func readsPerTurn(_ exchange: ExchangeRef) -> Int {
        exchange.pointee.coding.compressor == nil ? Self.readsPerTurn : 1
    }

    /// Gives back what compression holds, at the end of a body or of an exchange that will have none.
    func endCoding(_ exchange: ExchangeRef) {
        if let plan = exchange.pointee.coding.plan {
            exchange.pointee.coding.plan = nil
            plan.release()
        }
        if let compressor = exchange.pointee.coding.compressor {
            exchange.pointee.coding.compressor = nil
            self.compressors.giveBack(compressor.takeRetainedValue())
        }
    }
}
