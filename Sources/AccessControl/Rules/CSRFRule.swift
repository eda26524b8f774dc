import GatewayModel
import Routing

/// Whether requests that change something, and WebSocket handshakes, come from a page of the gateway's own origin.
///
/// The rule of the OWASP cheat sheet on cross-site request forgery ("Fetch Metadata" with `Origin` as fallback) and of Go's
/// `net/http.CrossOriginProtection`: browsers say where a request comes from and pages cannot change it. One that says
/// neither comes from no browser of the last years, and carries no cookies by surprise.
final class CSRFRule: Sendable {
    private let additional: [OriginPattern]

    init(_ policy: CSRFPolicy) { self.additional = policy.additionalOrigins }

    func test(_ request: AccessRequest) -> RuleOutcome {
        if Self.isSafe(request.request.method), !Self.opensWebSocket(request.request) { return .pass }
        return self.isSameSite(request) ? .pass : .refused(.originDenied)
    }

    /// A page of any origin may open one, cookies included, and then say what it likes (RFC 6455 section 10.2).
    private static func opensWebSocket(_ request: RouteRequest) -> Bool {
        if case .nothing = request.field("sec-websocket-version") { false } else { true }
    }

    private func isSameSite(_ request: AccessRequest) -> Bool {
        let origin = request.request.field("origin")
        switch request.request.field("sec-fetch-site") {
        case .several: return false
        case .one(let site):
            if site.isText("same-origin") || site.isText("none") { return true }
            guard case .one(let origin) = origin else { return false }
            return self.takes(origin, request)
        case .nothing:
            switch origin {
            case .nothing: return true
            case .several: return false
            case .one(let origin): return self.takes(origin, request)
            }
        }
    }

    private func takes(_ origin: UnsafeRawBufferPointer, _ request: AccessRequest) -> Bool {
        if isOwnOrigin(origin, isSecure: request.isSecure, authority: request.authority) { return true }
        if self.additional.isEmpty { return false }
        let text = String(decoding: origin, as: UTF8.self)
        return self.additional.contains { $0.matches(text) }
    }

    /// Those that change nothing (RFC 9110 section 9.2.1) and that browsers send without asking.
    private static func isSafe(_ method: UnsafeRawBufferPointer) -> Bool {
        method.isText("GET") || method.isText("HEAD") || method.isText("OPTIONS")
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes of a text.
    func isText(_ text: StaticString) -> Bool {
        self.elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
