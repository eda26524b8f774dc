import HTTPWire
import Reactor

extension Worker {
    /// A slow body earns a second for every so many bytes; one that comes slower than this runs into `bodyTimeout`.
    private static let bodyBytesPerSecond: UInt64 = 1024

    /// Goes on with whatever direction can move.
    func continueExchange(_ exchange: ExchangeRef) {
        if exchange.pointee.waiting.isHeld {
            self.resumeHeld(exchange)
            guard !exchange.pointee.isOver else { return }
        }
        if exchange.isHTTP2 { self.pumpStream(exchange) } else { self.pumpRequestBody(exchange) }
        if exchange.pointee.tunnel != nil { self.finishTunnelInput(exchange) }
        guard !exchange.pointee.isOver, self.takesAnswer(exchange), let upstream = exchange.pointee.upstream,
            upstream.pointee.isReadable
        else { return }
        self.readUpstream(upstream)
    }

    /// Moves request body from the client to the upstream for as long as both go along.
    private func pumpRequestBody(_ exchange: ExchangeRef) {
        let client = exchange.pointee.client
        var reads = 0
        while !exchange.pointee.isOver, !exchange.pointee.request.isComplete,
            !exchange.pointee.request.isAbandoned
        {
            guard let upstream = exchange.pointee.upstream, upstream.takesBody else { return }
            if exchange.holdsBody {
                self.forwardHeldBody(exchange, upstream)
            } else if let input = client.pointee.input {
                let used = self.forwardBody(exchange, upstream, input.first, count: input.count)
                guard !exchange.pointee.isOver else { return }
                self.drop(used, from: &client.pointee.input)
                client.pointee.hasUnparsedInput = client.pointee.input != nil
            } else {
                guard client.pointee.isReadable else { return }
                guard reads < Self.readsPerTurn else { return self.schedule(exchange) }
                reads += 1
                guard let count = self.read(client, into: self.scratchIn, count: Self.readSize) else { return }
                let used = self.forwardBody(exchange, upstream, self.scratchIn, count: count)
                guard used < count, !exchange.pointee.isOver else { continue }
                self.keep(client, self.scratchIn + used, count: count - used)
                client.pointee.hasUnparsedInput = true
            }
        }
    }

    /// Sends body bytes upstream. Returns how many of `count` belonged to this request.
    func forwardBody(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int {
        guard case .chunked = exchange.pointee.request.framing else {
            let remaining = exchange.pointee.request.remaining
            let used = remaining < UInt64(count) ? Int(remaining) : count
            self.countBody(exchange, used)
            if exchange.pointee.mirror != nil { self.copyBody(exchange, base, count: used) }
            self.sendUpstream(upstream, base, count: used)
            self.noteBodyProgress(exchange)
            return used
        }
        return self.forwardChunks(exchange, upstream, base, count: count)
    }

    /// Reads chunks and writes them anew: sizes in one form, no extensions, no trailers.
    private func forwardChunks(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int {
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        let isFramed = upstream.pointee.kind != .stream
        var offset = 0
        loop: while true {
            switch exchange.pointee.request.chunks.next(bytes, from: offset) {
            case .data(let range):
                if isFramed {
                    writer.append(hex: UInt64(range.count))
                    writer.append("\r\n")
                }
                writer.append(bytes.extracting(range))
                if exchange.pointee.mirror != nil {
                    self.copyBody(exchange, base + range.lowerBound, count: range.count)
                }
                if isFramed { writer.append("\r\n") }
                offset = range.upperBound
                exchange.pointee.bytesIn &+= UInt64(range.count)
            case .needMore:
                offset = count
                break loop
            case .end(let end):
                if isFramed { writer.append("0\r\n\r\n") }
                exchange.pointee.request.isComplete = true
                offset = end
                break loop
            case .invalid:
                self.fail(exchange, .badRequest)
                return count
            }
        }
        guard exchange.pointee.bytesIn <= exchange.settings.bodyBytes, !writer.isOverrun,
            exchange.pointee.bytesIn <= exchange.pointee.bodyLimit || self.passesBodyLimit(exchange)
        else {
            exchange.pointee.request.isComplete = false
            self.fail(exchange, .bodyTooLarge)
            return count
        }
        self.sendUpstream(upstream, writer.base, count: writer.count)
        if !isFramed, exchange.pointee.request.isComplete { self.endRequest(inStream: upstream) }
        self.noteBodyProgress(exchange)
        return offset
    }

    /// Takes note of body bytes of a request with a length.
    func countBody(_ exchange: ExchangeRef, _ count: Int) {
        exchange.pointee.bytesIn &+= UInt64(count)
        exchange.pointee.request.remaining -= UInt64(count)
        if exchange.pointee.request.remaining == 0 { exchange.pointee.request.isComplete = true }
    }

    /// The body moved: its clock goes on, or the upstream's starts.
    func noteBodyProgress(_ exchange: ExchangeRef) {
        guard !exchange.pointee.isOver else { return }
        if exchange.pointee.mirror != nil { self.finishCopy(exchange) }
        if exchange.pointee.tunnel != nil { return self.noteProgress(exchange) }
        if exchange.pointee.call.isGRPC {
            return exchange.pointee.response.hasHead ? self.noteProgress(exchange) : self.startCallClock(exchange)
        }
        guard !exchange.pointee.response.hasHead else { return }
        guard !exchange.pointee.request.isComplete else { return self.startRequestClock(exchange) }
        if let deadline = self.bodyDeadline(exchange) { self.timers.set(exchange.timer, deadline: deadline) }
    }

    /// When a body of which nothing more comes is late; `nil`: never.
    func bodyDeadline(_ exchange: ExchangeRef) -> UInt64? {
        let timeout = exchange.settings.bodyTimeout
        guard timeout > 0 else { return nil }
        let started = exchange.pointee.startedAt / 1_000_000
        let earned = exchange.pointee.bytesIn / Self.bodyBytesPerSecond &* 1000
        return min(self.now, started &+ earned) &+ timeout
    }
}
