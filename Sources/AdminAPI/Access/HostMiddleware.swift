import HTTPTypes
import Hummingbird

/// Answers only to names that are ours, so that a web page cannot reach a loopback listener by rebinding its own name.
struct HostMiddleware: RouterMiddleware {
    private let allowed: Set<String>

    /// - Parameters:
    ///   - boundAddress: the address that the listener is bound to.
    ///   - names: what `--admin-host` adds.
    init(boundAddress: String, names: [String]) {
        let names = names + ["localhost", "127.0.0.1", "::1", boundAddress]
        self.allowed = Set(names.map { $0.lowercased() })
    }

    func handle(
        _ request: Request, context: AdminContext, next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        if request.headers[.host] != nil {
            throw Refusal(.malformedHeader, "Several Host fields were sent.")
        }
        guard let authority = request.head.authority, let host = Self.host(of: authority) else {
            throw Refusal(.misdirected, "The request names no host.")
        }
        guard self.allowed.contains(host) else {
            throw Refusal(.misdirected, "This control plane does not answer to \(host); --admin-host adds a name.")
        }
        return try await next(request, context)
    }

    /// The host of `host[:port]`, lowercased, an IPv6 literal without its brackets.
    private static func host(of authority: String) -> String? {
        let text = authority.lowercased()
        if text.hasPrefix("[") { return text.dropFirst().split(separator: "]").first.map(String.init) }
        return text.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init)
    }
}
