/// The fields that mean something to a proxy; everything else passes as `other`.
package enum FieldName: UInt8, Sendable {
    case other
    // Framing and addressing: never copied, written anew from what was understood.
    case host, contentLength, transferEncoding
    // Hop-by-hop (RFC 9110 section 7.6.1): end here.
    case connection, keepAlive, proxyConnection, te, trailer, upgrade, proxyAuthenticate, proxyAuthorization
    // What the gateway speaks for: stripped from what clients send.
    case forwarded, xForwarded, requestID
    // Read and passed on.
    case expect, contentType, date
    // What decides over compression; passed on.
    case acceptEncoding, contentEncoding, contentRange, acceptRanges, cacheControl, etag, vary

    /// Whether a copy of the field may ever be passed on.
    package var isCopied: Bool {
        switch self {
        case .other, .expect, .contentType, .date, .acceptEncoding, .contentEncoding, .contentRange, .acceptRanges,
            .cacheControl, .etag, .vary:
            true
        case .host, .contentLength, .transferEncoding, .connection, .keepAlive, .proxyConnection, .te, .trailer,
            .upgrade,
            .proxyAuthenticate, .proxyAuthorization, .forwarded, .xForwarded, .requestID:
            false
        }
    }
}

extension FieldName {
    /// Recognises a name of a field line; case does not count.
    ///
    /// The length picks at most four candidates, so that most names cost one comparison or none.
    package init(_ name: Span<UInt8>) {
        self =
            switch name.count {
            case 2: name.equals("te") ? .te : .other
            case 4:
                name.equals("host")
                    ? .host
                    : name.equals("date") ? .date : name.equals("etag") ? .etag : name.equals("vary") ? .vary : .other
            case 6: name.equals("expect") ? .expect : .other
            case 7: name.equals("trailer") ? .trailer : name.equals("upgrade") ? .upgrade : .other
            case 9: name.equals("forwarded") ? .forwarded : .other
            case 10: name.equals("connection") ? .connection : name.equals("keep-alive") ? .keepAlive : .other
            case 12:
                name.equals("content-type") ? .contentType : name.equals("x-request-id") ? .requestID : .other
            case 13:
                name.equals("cache-control")
                    ? .cacheControl
                    : name.equals("accept-ranges")
                        ? .acceptRanges : name.equals("content-range") ? .contentRange : .other
            case 14: name.equals("content-length") ? .contentLength : .other
            case 15: name.equals("accept-encoding") ? .acceptEncoding : .other
            case 17: name.equals("transfer-encoding") ? .transferEncoding : .other
            case 16:
                name.equals("proxy-connection")
                    ? .proxyConnection : name.equals("content-encoding") ? .contentEncoding : .other
            case 18: name.equals("proxy-authenticate") ? .proxyAuthenticate : .other
            case 19: name.equals("proxy-authorization") ? .proxyAuthorization : .other
            default: .other
            }
        if self == .other, name.count > 12, name.hasPrefix("x-forwarded-") { self = .xForwarded }
    }
}

extension Span where Element == UInt8 {
    /// Compares with a lower-case literal; case of `self` does not count.
    @inline(__always)
    package func equals(_ literal: StaticString) -> Bool {
        self.count == literal.utf8CodeUnitCount && self.hasPrefix(literal)
    }

    @inline(__always)
    package func hasPrefix(_ literal: StaticString) -> Bool {
        guard self.count >= literal.utf8CodeUnitCount else { return false }
        let expected = literal.utf8Start
        for offset in 0..<literal.utf8CodeUnitCount where self[offset].lowercased != expected[offset] { return false }
        return true
    }

    /// Compares two runs of bytes; case does not count.
    package func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
        guard self.count == other.count else { return false }
        for offset in self.indices where self[offset].lowercased != other[offset].lowercased { return false }
        return true
    }
}
