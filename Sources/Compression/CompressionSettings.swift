import HTTPWire

/// Levels and windows (log2 of bytes) of the three libraries.
package struct CompressionSettings: Hashable, Sendable {
    package let brotliLevel: Int32
    package let brotliWindow: Int32
    package let zstdLevel: Int32
    package let zstdWindow: Int32
    package let gzipLevel: Int32

    /// - Returns: `nil` for a level or a window that costs more than a gateway should pay per response: brotli 0 to 6 and
    ///   10 to 18, zstd 1 to 6 and 10 to 19, gzip 1 to 9.
    package init?(brotliLevel: Int, brotliWindow: Int, zstdLevel: Int, zstdWindow: Int, gzipLevel: Int) {
        guard (0...6).contains(brotliLevel), (10...18).contains(brotliWindow), (1...6).contains(zstdLevel),
            (10...19).contains(zstdWindow), (1...9).contains(gzipLevel)
        else { return nil }
        self.init(
            checked: (Int32(brotliLevel), Int32(brotliWindow)), (Int32(zstdLevel), Int32(zstdWindow)), Int32(gzipLevel))
    }

    private init(checked brotli: (Int32, Int32), _ zstd: (Int32, Int32), _ gzip: Int32) {
        (self.brotliLevel, self.brotliWindow) = brotli
        (self.zstdLevel, self.zstdWindow) = zstd
        self.gzipLevel = gzip
    }

    /// One level more costs 30 % (gzip), 40 % (brotli) and 100 % (zstd) more time for at most 9 % fewer bytes of JSON or
    /// HTML.
    package static let fast = CompressionSettings(checked: (4, 18), (3, 18), 4)

    func level(_ coding: ContentCoding) -> Int32 {
        switch coding {
        case .brotli: self.brotliLevel
        case .zstd: self.zstdLevel
        case .gzip: self.gzipLevel
        }
    }

    /// gzip's window is 32 KiB, which its memory is small enough for.
    func window(_ coding: ContentCoding) -> Int32 {
        switch coding {
        case .brotli: self.brotliWindow
        case .zstd: self.zstdWindow
        case .gzip: 15
        }
    }
}
