/// The fields of a response that a decision changes. Two steps, as lines are copied in runs: `withhold` before the fields
/// are written, `appendCompression` behind them.
extension ResponseHead {
    /// Takes the lines out of the copy that `ByteWriter.appendCompression` writes anew or that are no longer true:
    /// `Vary`; for a compressed response also `ETag`, `Accept-Ranges`, and digests of the body as it was. (Of framing
    /// fields none is ever copied; a compressed response has no `Content-Length`.)
    package mutating func withhold(for decision: CompressionDecision, of bytes: Span<UInt8>) {
        guard decision != .untouched else { return }
        let varies = self.needsVary(of: bytes)
        for index in 0..<self.fields.count {
            let line = self.fields[index]
            let isStale =
                switch line.known {
                case .vary: varies
                case .etag, .acceptRanges: decision.changesBody
                case .other: decision.changesBody && bytes.extracting(line.name.range).isDigestName
                default: false
                }
            if isStale { self.fields.drop(at: index) }
        }
    }

    /// Whether no `Vary` names `Accept-Encoding` or everything yet.
    fileprivate func needsVary(of bytes: Span<UInt8>) -> Bool {
        var isNamed = false
        for index in 0..<self.fields.count where self.fields[index].known == .vary {
            let value = bytes.extracting(self.fields[index].value.range)
            value.forEachListElement {
                let name = value.extracting($0)
                isNamed = isNamed || name.equals("*") || name.equals("accept-encoding")
            }
        }
        return !isNamed
    }
}

extension ByteWriter {
    /// Writes what `withhold` took out, as it is now: `Content-Encoding`, one merged `Vary`, and the `ETag`, weak, because
    /// the bytes are others and mean the same (RFC 9110 section 8.8.1). A tag that is none is left out.
    package mutating func appendCompression(
        _ decision: CompressionDecision, head: borrowing ResponseHead, of bytes: Span<UInt8>
    ) {
        guard decision != .untouched else { return }
        if head.needsVary(of: bytes) { self.appendVary(head, of: bytes) }
        if let coding = decision.coding {
            self.append("Content-Encoding: ")
            self.append(coding.token)
            self.append("\r\n")
        }
        guard decision.changesBody else { return }
        for index in 0..<head.fields.count where head.fields[index].known == .etag {
            let tag = bytes.extracting(head.fields[index].value.range)
            let isWeak = tag.begins(with: "W/\"") == true
            guard isWeak ? tag.count >= 4 : tag.count >= 2 && tag[0] == 0x22, tag[tag.count - 1] == 0x22 else {
                continue
            }
            self.append(isWeak ? "ETag: " : "ETag: W/")
            self.append(tag)
            self.append("\r\n")
            break
        }
    }

    private mutating func appendVary(_ head: borrowing ResponseHead, of bytes: Span<UInt8>) {
        self.append("Vary: ")
        for index in 0..<head.fields.count where head.fields[index].known == .vary {
            let value = bytes.extracting(head.fields[index].value.range)
            guard !value.isEmpty else { continue }
            self.append(value)
            self.append(", ")
        }
        self.append("Accept-Encoding\r\n")
    }

    /// Bytes that `appendCompression` adds to a head at most: what it writes besides lines that it withheld.
    package static var compressionRoom: Int { 64 }
}

extension Span where Element == UInt8 {
    /// `Content-Digest`, `Repr-Digest` (RFC 9530) and their forerunners.
    fileprivate var isDigestName: Bool {
        switch self.count {
        case 6: self.equals("digest")
        case 11: self.equals("repr-digest") || self.equals("content-md5")
        case 14: self.equals("content-digest")
        default: false
        }
    }
}
