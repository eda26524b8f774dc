package import HTTPWire

/// The compressors of one worker: those in use are counted and limited, those at rest are kept, as making one costs more
/// than compressing a short body.
///
/// Not for several threads: a worker has one loop.
package final class CompressorPool {
    /// Compressors that may be in use at once; a response beyond goes out as it is. With `StreamCompressor`'s memory this
    /// bounds what clients can make a worker hold.
    package let limit: Int
    private let kept: Int
    private let settings: CompressionSettings
    private var resting: [[StreamCompressor]]
    package private(set) var inUse = 0

    /// - Parameter kept: of each coding at rest.
    package init(limit: Int, kept: Int = 4, settings: CompressionSettings = .fast) {
        self.limit = limit
        self.kept = kept
        self.settings = settings
        self.resting = ContentCoding.allCases.map { _ in [] }
    }

    /// A compressor that is ready for a body; give it back when the body ended, however it ended.
    ///
    /// - Returns: `nil` at the limit or without memory: the response stays uncompressed. Ask before its head is written.
    package func take(_ coding: ContentCoding, length: UInt64?) -> StreamCompressor? {
        guard self.inUse < self.limit else { return nil }
        let compressor =
            self.resting[Int(coding.rawValue)].popLast() ?? StreamCompressor(coding, settings: self.settings)
        guard let compressor, compressor.restart(length: length) else { return nil }
        self.inUse += 1
        return compressor
    }

    /// Takes back what `take` gave.
    package func giveBack(_ compressor: StreamCompressor) {
        self.inUse = max(self.inUse - 1, 0)
        let shelf = Int(compressor.coding.rawValue)
        guard !compressor.isBroken, self.resting[shelf].count < self.kept else { return }
        compressor.rest()
        self.resting[shelf].append(compressor)
    }
}
