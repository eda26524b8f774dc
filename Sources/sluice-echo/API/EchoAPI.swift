import HTTPTypes
import Hummingbird

/// `/api/echo`, `/api/slow`, `/api/status/{code}`, `/hello`; every other path echoes too.
struct EchoAPI {
    /// Longer waits are cut to this, so that no caller can park connections for hours.
    static let longestWait = 60_000
    static let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .options]
    /// The router does not come back from `/api` to a wildcard above it, so each level has its own.
    static let echoed: [RouterPath] = ["**", "/api", "/api/**"]

    let name: String
    /// Whether `/` echoes too; not where it is the page.
    let echoesRoot: Bool

    func addRoutes(to router: Router<EchoContext>) {
        for path in ["/hello", "/hello/**"] as [RouterPath] {
            router.get(path) { _, _ in Greeting(message: "Hello from \(self.name)", servedBy: self.name) }
        }
        for method in Self.methods {
            router.on("/api/slow", method: method) { request, _ in try await self.slow(request) }
            router.on("/api/status/:code", method: method) { _, context in try Self.status(context) }
            for path in Self.echoed + (self.echoesRoot ? ["/"] : []) {
                router.on(path, method: method) { request, _ in try await self.echo(request) }
            }
        }
    }

    /// What arrived. The body is counted while it passes, never held.
    private func echo(_ request: Request) async throws -> Echo {
        var count = 0
        for try await chunk in request.body {
            count += chunk.readableBytes
        }
        return Echo(request: request, bodyBytes: count, servedBy: self.name)
    }

    private func slow(_ request: Request) async throws -> Echo {
        let asked = request.uri.queryParameters.get("ms", as: Int.self) ?? 1000
        let wait = min(max(asked, 0), Self.longestWait)
        try await Task.sleep(for: .milliseconds(wait))
        return try await self.echo(request)
    }

    private static func status(_ context: EchoContext) throws -> Response {
        let code = context.parameters.get("code", as: Int.self) ?? 0
        guard (200...599).contains(code) else {
            throw HTTPError(.badRequest, message: "The status must lie between 200 and 599.")
        }
        return Response(status: .init(code: code))
    }
}

struct Greeting: ResponseEncodable {
    let message: String
    let servedBy: String
}

/// One request as the origin saw it. Fields that came more than once are joined as RFC 9110, section 5.3 allows.
struct Echo: ResponseEncodable {
    let method: String
    let path: String
    let query: String
    let headers: [String: String]
    let bodyBytes: Int
    let servedBy: String

    init(request: Request, bodyBytes: Int, servedBy: String) {
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = request.method.rawValue
        self.path = parts.first.map(String.init) ?? "/"
        self.query = parts.dropFirst().first.map(String.init) ?? ""
        self.headers = Self.fields(of: request)
        self.bodyBytes = bodyBytes
        self.servedBy = servedBy
    }

    private static func fields(of request: Request) -> [String: String] {
        var fields: [String: String] = [:]
        fields["host"] = request.head.authority
        for field in request.headers {
            let name = field.name.canonicalName
            fields[name] = fields[name].map { "\($0), \(field.value)" } ?? field.value
        }
        return fields
    }
}
