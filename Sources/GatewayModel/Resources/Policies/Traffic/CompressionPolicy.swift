/// Which answers are compressed.
package struct CompressionPolicy: Hashable, Sendable {
    package enum Algorithm: String, CaseIterable, Sendable { case br, zstd, gzip }

    /// The preferred one first.
    package var algorithms: [Algorithm] = [.br, .zstd, .gzip]
    /// Shorter answers stay as they are.
    package var minBytes = 1024
    /// Media types without parameters, in lower case.
    package var types = [
        "text/html", "text/css", "text/plain", "text/javascript", "text/xml", "text/csv", "text/markdown",
        "application/javascript", "application/json", "application/ld+json", "application/problem+json",
        "application/manifest+json", "application/xml", "application/xhtml+xml", "application/rss+xml",
        "application/atom+xml", "application/wasm", "application/vnd.ms-fontobject", "image/svg+xml", "image/x-icon",
        "font/ttf", "font/otf",
    ]
}

extension CompressionPolicy {
    init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.algorithms = reader.read("algorithms", default: self.algorithms) { json in
            if json == [] { collector.report("range", "at least one algorithm is required") }
            return collector.distinctList(json) { collector.word($0, Algorithm.self) }
        }
        self.minBytes = reader.read("minBytes", default: self.minBytes) { collector.size($0, in: 0...(1 << 30)) }
        self.types = reader.read("types", default: self.types) { json in
            if json == [] { collector.report("range", "at least one media type is required") }
            return collector.distinctList(json) { collector.mediaType($0) }
        }
    }
}

extension FaultCollector {
    /// `type/subtype` (RFC 9110 section 8.3.1) or `type/*`, without parameters, in lower case.
    fileprivate func mediaType(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isGood =
            parts.count == 2 && parts[0] != "*" && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(\.isTokenByte) }
        if isGood { return text.lowercased() }
        self.report("format", "\(text.quoted) is no media type", hint: "write \"text/html\", without parameters")
        return nil
    }
}

extension UInt8 {
    /// RFC 9110 section 5.6.2.
    var isTokenByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
