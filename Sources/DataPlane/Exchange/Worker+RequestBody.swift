import HTTPWire
import Reactor

extension Worker {
    /// A slow body earns a second for every so many bytes; one that comes slower than this runs into `bodyTimeout`.
    private static let bodyBytesPerSecond: UInt64 = 1024

    /// Goes on with whatever direction can move.
    func continueExchange(_ client: ClientRef) {
        self.pumpRequestBody(client)
        guard client.pointee.state == .exchange, client.pointee.output == nil,
            let upstream = client.pointee.exchange.upstream, upstream.pointee.isReadable
        else { return }
        self.readUpstream(upstream)
    }

    /// Moves request body from the client to the upstream for as long as both go along.
    private func pumpRequestBody(_ client: ClientRef) {
        var reads = 0
        while client.pointee.state == .exchange, !client.pointee.exchange.request.isComplete,
            !client.pointee.exchange.request.isAbandoned
        {
            guard let upstream = client.pointee.exchange.upstream, upstream.takesBody else { return }
            if let input = client.pointee.input {
                let used = self.forwardBody(client, upstream, input.first, count: input.count)
                guard client.pointee.state == .exchange else { return }
                self.drop(used, from: &client.pointee.input)
                client.pointee.hasUnparsedInput = client.pointee.input != nil
            } else {
                guard client.pointee.isReadable else { return }
                guard reads < Self.readsPerTurn else { return self.schedule(client) }
                reads += 1
                guard let count = self.read(client, into: self.scratchIn, count: Self.readSize) else { return }
                let used = self.forwardBody(client, upstream, self.scratchIn, count: count)
                guard used < count, client.pointee.state == .exchange else { continue }
                self.keep(client, self.scratchIn + used, count: count - used)
                client.pointee.hasUnparsedInput = true
            }
        }
    }

    /// Sends body bytes upstream. Returns how many of `count` belonged to this request.
    private func forwardBody(
        _ client: ClientRef, _ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int {
        guard case .chunked = client.pointee.exchange.request.framing else {
            let remaining = client.pointee.exchange.request.remaining
            let used = remaining < UInt64(count) ? Int(remaining) : count
            self.countBody(client, used)
            self.sendUpstream(upstream, base, count: used)
            self.noteBodyProgress(client)
            return used
        }
        return self.forwardChunks(client, upstream, base, count: count)
    }

    /// Reads chunks and writes them anew: sizes in one form, no extensions, no trailers.
    private func forwardChunks(
        _ client: ClientRef, _ upstream: UpstreamRef, _ base: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int {
        let bytes = UnsafeBufferPointer(start: base, count: count).span
        var writer = ByteWriter(self.scratchOut, capacity: 2 * Self.readSize)
        var offset = 0
        loop: while true {
            switch client.pointee.exchange.request.chunks.next(bytes, from: offset) {
            case .data(let range):
                writer.append(hex: UInt64(range.count))
                writer.append("\r\n")
                writer.append(bytes.extracting(range))
                writer.append("\r\n")
                offset = range.upperBound
                client.pointee.exchange.bytesIn &+= UInt64(range.count)
            case .needMore:
                offset = count
                break loop
            case .end(let end):
                writer.append("0\r\n\r\n")
                client.pointee.exchange.request.isComplete = true
                offset = end
                break loop
            case .invalid:
                self.fail(client, .badRequest)
                return count
            }
        }
        guard client.pointee.exchange.bytesIn <= client.pointee.acceptor.pointee.settings.bodyBytes, !writer.isOverrun
        else {
            client.pointee.exchange.request.isComplete = false
            self.fail(client, .bodyTooLarge)
            return count
        }
        self.sendUpstream(upstream, writer.base, count: writer.count)
        self.noteBodyProgress(client)
        return offset
    }

    /// Takes note of body bytes of a request with a length.
    func countBody(_ client: ClientRef, _ count: Int) {
        client.pointee.exchange.bytesIn &+= UInt64(count)
        client.pointee.exchange.request.remaining -= UInt64(count)
        if client.pointee.exchange.request.remaining == 0 { client.pointee.exchange.request.isComplete = true }
    }

    /// The body moved: its clock goes on, or the upstream's starts.
    private func noteBodyProgress(_ client: ClientRef) {
        guard client.pointee.state == .exchange, !client.pointee.exchange.response.hasHead else { return }
        guard !client.pointee.exchange.request.isComplete else { return self.startRequestClock(client) }
        let timeout = client.pointee.acceptor.pointee.settings.bodyTimeout
        guard timeout > 0 else { return }
        let started = client.pointee.exchange.startedAt / 1_000_000
        let earned = client.pointee.exchange.bytesIn / Self.bodyBytesPerSecond &* 1000
        self.timers.set(client.timer, deadline: min(self.now, started &+ earned) &+ timeout)
    }
}
