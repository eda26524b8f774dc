import CCompression
package import HTTPWire

/// Compresses one body after the other, piece by piece, into memory of the caller.
///
/// Memory is bounded by the window and the level, whatever the body's length: about 0.3 MB for gzip, 2 MB for zstd, 5 MB for
/// brotli at most; less for short bodies (0.3, 0.6 and 1.4 MB for 20 KB).
package final class StreamCompressor {
    /// What to do with the bytes that the compressor holds back to find more to repeat.
    package enum Flush: Int32, Sendable {
        case none
        /// All input so far can be read by the client from all output so far: for event streams. Costs some bytes.
        case flush
        /// The body ends with this input.
        case finish
    }

    /// How one step ended.
    package enum Outcome: Hashable, Sendable {
        /// All input is taken and all output that was asked for is written; after `.finish` the body is complete.
        case done
        /// The output is full: step again with the rest of the input, the same flush and new room.
        case moreOutput
        /// Out of memory or a bug: the response must be broken off, and the compressor goes.
        case failed
    }

    package struct Step: Hashable, Sendable {
        package let consumed: Int
        package let written: Int
        package let outcome: Outcome
    }

    /// Bytes of room that a step needs at least: with less than seven zlib would flush for ever.
    package static let leastRoom = 16

    package let coding: ContentCoding
    private let stream: OpaquePointer
    /// Whether it failed, and is of no more use.
    package private(set) var isBroken = false
    private var isFinished = false

    /// - Returns: `nil` when memory is short, or when the library refuses the settings.
    package init?(_ coding: ContentCoding, settings: CompressionSettings = .fast) {
        guard let stream = ccompression_create(coding.number, settings.level(coding), settings.window(coding)) else {
            return nil
        }
        self.coding = coding
        self.stream = stream
    }

    deinit {
        ccompression_free(self.stream)
    }

    /// Begins another body, whatever became of the last one.
    ///
    /// - Parameter length: of the body, if known; a hint that saves memory and time.
    /// - Returns: `false` when the compressor is of no more use.
    package func restart(length: UInt64?) -> Bool {
        guard !self.isBroken, ccompression_restart(self.stream, length ?? 0) != 0 else {
            self.isBroken = true
            return false
        }
        self.isFinished = false
        return true
    }

    /// Gives memory back until the next `restart`; no step may come before it.
    package func rest() {
        ccompression_rest(self.stream)
    }

    /// Compresses what it can of `input` into `output`, of at least `leastRoom` bytes.
    package func step(_ input: Span<UInt8>, _ flush: Flush, into output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        input.withUnsafeBufferPointer { self.step($0, flush, into: output) }
    }

    /// The same for memory that somebody else owns.
    package func step(
        _ input: UnsafeBufferPointer<UInt8>, _ flush: Flush, into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Step {
        guard !self.isBroken, !self.isFinished, output.count >= Self.leastRoom, let room = output.baseAddress else {
            // A finished body stays finished; more of it is the caller's mistake.
            let isIdle = self.isFinished && input.isEmpty
            return Step(consumed: 0, written: 0, outcome: isIdle ? .done : .failed)
        }
        var consumed = input.count
        var written = output.count
        // Some of the libraries want an address even for no bytes.
        let start = input.baseAddress ?? UnsafePointer(room)
        let code = ccompression_step(self.stream, flush.rawValue, start, &consumed, room, &written)
        let outcome: Outcome =
            switch code {
            case Int32(CCOMPRESSION_DONE): .done
            case Int32(CCOMPRESSION_MORE): .moreOutput
            default: .failed
            }
        self.isBroken = outcome == .failed
        self.isFinished = flush == .finish && outcome == .done
        return Step(consumed: consumed, written: written, outcome: outcome)
    }

    /// Compresses all of `input`, handing over the output in pieces that fill `scratch`, of at least `leastRoom` bytes,
    /// at most.
    ///
    /// - Returns: `false` after a failure: the response must be broken off.
    package func compress(
        _ input: Span<UInt8>, _ flush: Flush, scratch: UnsafeMutableBufferPointer<UInt8>,
        emit: (UnsafeBufferPointer<UInt8>) -> Void
    ) -> Bool {
        input.withUnsafeBufferPointer { bytes in
            var rest = bytes
            while true {
                let step = self.step(rest, flush, into: scratch)
                if step.written > 0 { emit(UnsafeBufferPointer(rebasing: scratch[..<step.written])) }
                rest = UnsafeBufferPointer(rebasing: rest[step.consumed...])
                switch step.outcome {
                case .done: return true
                case .failed: return false
                case .moreOutput: continue
                }
            }
        }
    }

    /// Bytes of memory that it holds now.
    package var memory: Int { ccompression_memory(self.stream) }
}

extension ContentCoding {
    fileprivate var number: Int32 {
        switch self {
        case .brotli: Int32(CCOMPRESSION_BROTLI)
        case .zstd: Int32(CCOMPRESSION_ZSTD)
        case .gzip: Int32(CCOMPRESSION_GZIP)
        }
    }
}
