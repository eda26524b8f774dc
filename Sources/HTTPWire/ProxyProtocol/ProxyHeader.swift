/// What a load balancer that speaks the PROXY protocol says about the connection that it passes on.
package struct ProxiedAddress: Hashable, Sendable {
    package let address: IPBytes
    package let port: UInt16

    package init(address: IPBytes, port: UInt16) {
        self.address = address
        self.port = port
    }
}

/// The verdict over the first bytes of a connection, read as a header of the PROXY protocol (the specification on
/// haproxy.org, sections 2.1 and 2.2; versions 1 and 2).
package enum ProxyHeader: Hashable, Sendable {
    /// A prefix of a header, or nothing yet; ask again with more bytes. There are never more than `longest` of them.
    case incomplete
    /// Another protocol: these bytes are no beginning of a header. Decided by the first byte that differs.
    case absent
    /// A header that ends before offset `end`. No source for LOCAL, UNKNOWN, UNSPEC and UNIX: the peer stays who it is.
    case header(end: Int, source: ProxiedAddress?)
    /// It began as a header and is none; the connection must be closed, for nobody knows whose it is.
    case malformed

    /// Bytes of the longest header that is taken. The specification allows 65551; senders use some hundred.
    package static let longest = 4096

    package init(parsing bytes: Span<UInt8>) {
        switch bytes.isEmpty ? 0 : bytes[0] {
        case 0x50: self = Self.parseText(bytes)
        case 0x0D: self = Self.parseBinary(bytes)
        default: self = bytes.isEmpty ? .incomplete : .absent
        }
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes begin with `literal` (`true`), differ from it (`false`), or end inside it (`nil`).
    func begins(with literal: StaticString) -> Bool? {
        for offset in 0..<literal.utf8CodeUnitCount {
            guard offset < self.count else { return nil }
            guard self[offset] == literal.utf8Start[offset] else { return false }
        }
        return true
    }
}
