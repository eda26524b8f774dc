import HTTPWire
import Routing

/// The request of an explanation as a worker would have it: written as a head, and parsed by the code that parses heads.
final class ExplainedHead {
    /// Lower-case, without port and final dot.
    let host: String
    /// Canonical, as it goes upstream.
    let wire: [UInt8]
    /// Canonical, as routes are matched with it.
    let path: [UInt8]
    let bytes: [UInt8]
    let head: RequestHead

    var pathText: String { String(decoding: self.path, as: UTF8.self) }
    /// With its `?`; empty when there is none.
    var query: String { self.text(self.head.query) }
    var method: String { self.text(self.head.methodBytes) }
    /// The host as it was sent, with its port.
    var authority: String { self.text(self.head.authority) }
    /// The same without port and final dot.
    var sentHost: String { self.text(self.head.host) }

    /// - Returns: `nil` when a worker would answer 400.
    init?(_ request: ExplainRequest, _ url: ExplainedURL) {
        let bytes = Array(Self.text(request, url).utf8)
        var head = RequestHead()
        let limits = HeadLimits(bytes: bytes.count &+ 1, targetBytes: bytes.count, fields: request.headers.count &+ 1)
        guard case .complete(let end) = head.parse(bytes.span, limits: limits), end == bytes.count,
            let (wire, path) = Self.path(head, bytes)
        else { return nil }
        self.host = String(decoding: bytes[head.host.range], as: UTF8.self).lowercased()
        self.wire = wire
        self.path = path
        self.bytes = bytes
        self.head = head
    }

    /// Runs a body with the request as routing sees it.
    func withRequest<R>(_ body: (RouteRequest) -> R) -> R {
        self.bytes.withUnsafeBytes { bytes in
            self.path.withUnsafeBytes { body(RouteRequest(self.head, of: bytes, path: $0)) }
        }
    }

    /// The client by a listener's rule.
    func client(_ rule: ClientAddressRule, peer: IPBytes) -> IPBytes {
        let bytes = self.bytes
        return rule.client(peer: peer, fields: self.head.fields, of: bytes.span)
    }

    /// The first value of a field.
    ///
    /// - Parameter name: in lower case.
    func value(of name: String) -> String? {
        let value = self.withRequest { request in
            Array(name.utf8).withUnsafeBytes { request.header($0).map { String(decoding: $0, as: UTF8.self) } }
        }
        return value
    }

    /// What a listener with these limits refuses in the head.
    func fault(_ limits: HeadLimits) -> HeadFault? {
        var head = RequestHead()
        let bytes = self.bytes
        let outcome = head.parse(bytes.span, limits: limits)
        return if case .refused(let fault) = outcome { fault } else { nil }
    }

    private func text(_ slice: Slice) -> String { String(decoding: self.bytes[slice.range], as: UTF8.self) }

    private static func text(_ request: ExplainRequest, _ url: ExplainedURL) -> String {
        var text = "\(request.method) \(url.target) HTTP/1.1\r\n"
        if request.host == nil { text += "Host: \(url.authority)\r\n" }
        for header in request.headers { text += "\(header.name): \(header.value)\r\n" }
        return text + "\r\n"
    }

    private static func path(_ head: borrowing RequestHead, _ bytes: [UInt8]) -> (wire: [UInt8], match: [UInt8])? {
        let sent = bytes[head.path.range]
        guard sent.first == UInt8(ascii: "/") else { return nil }
        let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: sent.count &* 2)
        defer { scratch.deallocate() }
        let outcome = RequestPath(normalising: bytes.span.extracting(head.path.range), scratch: scratch)
        switch outcome {
        case .plain: return (Array(sent), Array(sent))
        case .rewritten(let wire, let match): return (Array(scratch[..<wire]), Array(scratch[wire..<(wire &+ match)]))
        case .refused: return nil
        }
    }
}
