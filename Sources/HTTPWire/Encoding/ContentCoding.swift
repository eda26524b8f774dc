/// The content codings that the gateway can apply to a response.
package enum ContentCoding: UInt8, CaseIterable, Sendable {
    case brotli, zstd, gzip

    /// The token of `Content-Encoding` (RFC 7932, RFC 8878, RFC 9110 section 8.4.1).
    package var token: StaticString {
        switch self {
        case .brotli: "br"
        case .zstd: "zstd"
        case .gzip: "gzip"
        }
    }

    /// Reads a token, any case; `x-gzip` is `gzip` (RFC 9110 section 8.4.1.3).
    package init?(_ token: Span<UInt8>) {
        switch token.count {
        case 2 where token.equals("br"): self = .brotli
        case 4 where token.equals("zstd"): self = .zstd
        case 4 where token.equals("gzip"), 6 where token.equals("x-gzip"): self = .gzip
        default: return nil
        }
    }
}

/// One to three different codings, the preferred one first; a value without a reference to count.
package struct ContentCodingOrder: Hashable, Sendable {
    package let first: ContentCoding
    package let second: ContentCoding?
    package let third: ContentCoding?

    package static let all = ContentCodingOrder(first: .brotli, second: .zstd, third: .gzip)

    private init(first: ContentCoding, second: ContentCoding?, third: ContentCoding?) {
        self.first = first
        self.second = second
        self.third = third
    }

    /// - Returns: `nil` when there is none, one twice, or one that is unknown.
    package init?(names: [String]) {
        let codings = names.compactMap { ContentCoding(Array($0.utf8).span) }
        guard let first = codings.first, codings.count == names.count, Set(codings).count == names.count else {
            return nil
        }
        self.first = first
        self.second = codings.count > 1 ? codings[1] : nil
        self.third = codings.count > 2 ? codings[2] : nil
    }
}
