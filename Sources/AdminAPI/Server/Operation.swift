import HTTPTypes
import Hummingbird

/// One operation of the admin API, as `openapi/admin.yaml` describes it.
struct Operation: Sendable {
    typealias Handler = @Sendable (Call) async throws -> Response

    let method: HTTPRequest.Method
    /// With parameters in braces, as OpenAPI writes them: `/v1/routes/{name}`.
    let path: String
    let access: OperationAccess
    /// The query parameters that it takes; any other is refused.
    let query: Set<String>
    let handler: Handler

    init(
        _ method: HTTPRequest.Method, _ path: String, for access: OperationAccess, query: Set<String> = [],
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.segments = path.split(separator: "/")
        self.access = access
        self.query = query
        self.handler = handler
    }

    fileprivate let segments: [Substring]

    fileprivate func matches(_ segments: [Substring]) -> Bool {
        let own = self.segments
        return own.count == segments.count && zip(own, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

/// One call of an operation.
struct Call: Sendable {
    let request: Request
    let context: AdminContext
    let query: QueryParameters

    /// A parameter of the path; the router has put it there.
    func parameter(_ name: String) -> String { self.context.parameters.get(name) ?? "" }

    /// Whom versions and audit records will name.
    var actor: Actor {
        let caller = self.context.caller
        return Actor(
            name: caller?.name ?? "unknown", role: caller?.role.rawValue ?? "none", source: self.context.source,
            requestID: self.context.requestID, scope: caller?.scope ?? .all, standing: self.context.standing)
    }
}

/// Every operation there is. The router, the answer 405 and the contract test all come from this one list.
struct OperationTable: Sendable {
    let operations: [Operation]

    /// Adds every operation to `router`.
    func register(on router: Router<AdminContext>) {
        for operation in self.operations {
            router.on(RouterPath(operation.path), method: operation.method) { request, context in
                let query = try QueryParameters(parsing: request.uri.query, allowed: operation.query)
                return try await operation.handler(Call(request: request, context: context, query: query))
            }
        }
    }

    /// Who may call what a request asks for; `nil` when there is no such operation. HEAD is GET without the body.
    func access(to request: Request) -> OperationAccess? {
        let segments = request.uri.path.split(separator: "/")
        let method = request.method == .head ? .get : request.method
        return self.operations.first { $0.method == method && $0.matches(segments) }?.access
    }

    /// Why no handler was found: the path is unknown (404), or is there for other methods (405).
    func missing(_ request: Request) -> Refusal {
        let segments = request.uri.path.split(separator: "/")
        var methods = self.operations.filter { $0.matches(segments) }.map(\.method.rawValue)
        if methods.contains("GET") { methods.append("HEAD") }
        if methods.isEmpty { return Refusal(.notFound, "There is nothing at \(request.uri.path).") }
        return Refusal(
            .methodNotAllowed, "\(request.method.rawValue) is not available at \(request.uri.path).",
            headers: [.allow: methods.sorted().joined(separator: ", ")])
    }

    /// `METHOD /path`, one a line, for comparison with the contract.
    var listing: String {
        self.operations.map { "\($0.method.rawValue) \($0.path)" }.sorted().joined(separator: "\n")
    }
}
