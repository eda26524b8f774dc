import HTTPWire
import Routing

/// The request of an explanation as a worker would have it: written as a head, and parsed by the code that parses heads.
struct ExplainedHead: ~Copyable {
    /// Lower-case, without port and final dot.
    let host: String
    /// Canonical.
    let path: [UInt8]
    private let bytes: [UInt8]
    private let head: RequestHead

    var pathText: String { String(decoding: self.path, as: UTF8.self) }

    /// - Returns: `nil` when a worker would answer 400.
    init?(_ request: ExplainRequest, _ url: ExplainedURL) {
        let bytes = Array(Self.text(request, url).utf8)
        var head = RequestHead()
        let limits = HeadLimits(bytes: bytes.count &+ 1, targetBytes: bytes.count, fields: request.headers.count &+ 1)
        guard case .complete(let end) = head.parse(bytes.span, limits: limits), end == bytes.count else { return nil }
        guard let path = Self.path(head, bytes) else { return nil }
        self.host = String(decoding: bytes[head.host.range], as: UTF8.self).lowercased()
        self.path = path
        self.bytes = bytes
        self.head = head
    }

    /// Runs a body with the request as routing sees it.
    borrowing func withRequest<R>(_ body: (RouteRequest) -> R) -> R {
        self.bytes.withUnsafeBytes { bytes in
            self.path.withUnsafeBytes { body(RouteRequest(self.head, of: bytes, path: $0)) }
        }
    }

    private static func text(_ request: ExplainRequest, _ url: ExplainedURL) -> String {
        var text = "\(request.method) \(url.target) HTTP/1.1\r\n"
        if request.host == nil { text += "Host: \(url.authority)\r\n" }
        for header in request.headers { text += "\(header.name): \(header.value)\r\n" }
        return text + "\r\n"
    }

    private static func path(_ head: borrowing RequestHead, _ bytes: [UInt8]) -> [UInt8]? {
        let sent = bytes[head.path.range]
        guard sent.first == UInt8(ascii: "/") else { return nil }
        let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: sent.count &* 2)
        defer { scratch.deallocate() }
        switch RequestPath(normalising: bytes.span.extracting(head.path.range), scratch: scratch) {
        case .plain: return Array(sent)
        case .rewritten(let wire, let match): return Array(scratch[wire..<(wire &+ match)])
        case .refused: return nil
        }
    }
}
