import Compression
import HTTPWire
import Reactor

extension Worker {
    /// Compresses body bytes and appends what comes of them, in the client's framing; that may be nothing yet.
    ///
    /// A compressor that fails is found by `flushCoded`.
    @inline(never)
    func appendCoded(
        _ exchange: ExchangeRef, _ compressor: Unmanaged<StreamCompressor>, _ data: Span<UInt8>,
        _ flush: StreamCompressor.Flush = .none, to writer: inout ByteWriter
    ) {
        let scratch = UnsafeMutableBufferPointer(start: self.scratchHead, count: Self.readSize)
        let sendsChunks = exchange.pointee.response.sendsChunks
        _ = compressor._withUnsafeGuaranteedRef {
            $0.compress(data, flush, scratch: scratch) { piece in
                self.makeRoom(piece.count + Self.chunkRoom, in: &writer)
                if sendsChunks { writer.append(hex: UInt64(piece.count), "\r\n") }
                writer.append(piece.span)
                if sendsChunks { writer.append("\r\n") }
            }
        }
    }

    /// Called behind each piece of body: at its end completes what was compressed, and flushes it where a client waits for
    /// every piece.
    ///
    /// - Returns: `false` when compression failed: the answer has to be broken off.
    @inline(never)
    func flushCoded(
        _ exchange: ExchangeRef, _ compressor: Unmanaged<StreamCompressor>, to writer: inout ByteWriter
    ) -> Bool {
        let isComplete = exchange.pointee.response.isComplete
        if isComplete || exchange.pointee.coding.flushes {
            self.appendCoded(exchange, compressor, Span(), isComplete ? .finish : .flush, to: &writer)
        }
        guard !compressor._withUnsafeGuaranteedRef({ $0.isBroken }) else { return false }
        guard isComplete else { return true }
        self.endCoding(exchange)
        if exchange.pointee.response.sendsChunks { writer.append("0\r\n\r\n") }
        return true
    }

    /// What frames a chunk and ends a body, at most.
    private static let chunkRoom = 32

    /// Sees to room for `count` more bytes. Compressors hold input back, so that more may come out of them than went in
    /// last: then the writer moves to memory that is borrowed until the turn ends.
    private func makeRoom(_ count: Int, in writer: inout ByteWriter) {
        guard writer.remaining < count else { return }
        let larger = self.buffers.borrow(2 * (writer.count + count))
        let earlier = writer
        writer = ByteWriter(larger.base, capacity: larger.capacity)
        writer.append(earlier.base, count: earlier.count)
        self.giveBack(&self.spill)
        self.spill = larger
    }
}

extension ByteWriter {
    fileprivate mutating func append(hex value: UInt64, _ end: StaticString) {
        self.append(hex: value)
        self.append(end)
    }
}
