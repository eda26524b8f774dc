/// Why a message head is refused. The gateway answers and closes; nothing of such a message is passed on.
package enum HeadFault: Error, Hashable, Sendable {
    /// Not the grammar of RFC 9112, or a framing that two parties could read differently.
    case malformed
    /// The target is longer than the limit (414).
    case targetTooLong
    /// The head is longer than the limit, or has too many fields (431).
    case headTooLarge
    /// Not HTTP/1.0 or HTTP/1.1.
    case unsupportedVersion
}

/// What a head may at most be.
package struct HeadLimits: Sendable {
    /// Bytes of the whole head, with the blank line.
    package var bytes: Int
    /// Bytes of the request target.
    package var targetBytes: Int
    /// Number of field lines.
    package var fields: Int

    package init(bytes: Int, targetBytes: Int, fields: Int) {
        self.bytes = bytes
        self.targetBytes = targetBytes
        self.fields = fields
    }
}

/// The outcome of one attempt to parse a head from the start of a buffer.
package enum HeadParse: Hashable, Sendable {
    /// A whole head that ends before offset `end`.
    case complete(end: Int)
    /// What is there is a prefix of a valid head; try again with more bytes.
    case incomplete
    case refused(HeadFault)
}

/// The two versions that are spoken on either side.
package enum HTTPVersion: UInt8, Sendable {
    case http10, http11
}

/// How the end of a body is found (RFC 9112 section 6).
package enum BodyFraming: Hashable, Sendable {
    case none
    case length(UInt64)
    case chunked
    /// Until the connection closes; in responses only.
    case untilClose

    /// A body follows the head.
    package var hasBody: Bool {
        switch self {
        case .none: false
        case .length(let length): length > 0
        case .chunked, .untilClose: true
        }
    }
}
