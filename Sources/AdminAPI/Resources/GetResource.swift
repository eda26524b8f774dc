import GatewayModel
import HTTPTypes
import Hummingbird
import Storage

/// `GET /v1/{kind}/{name}`
struct GetResource: Sendable {
    let kind: ResourceKind
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let key = ResourceKey(kind: self.kind, name: call.parameter("name"))
        guard let stored = await self.state.resource(key) else { throw Refusal(missing: key) }
        let tag = ETag.of(stored)
        var response = Response(json: stored.representation)
        if Self.isKnown(tag, call.request.headers[.ifNoneMatch]) { response = Response(status: .notModified) }
        response.headers[.eTag] = tag
        response.headers[.cacheControl] = "no-cache"
        return response
    }

    /// Whether the caller has the current content already (RFC 9110, 13.1.2: weak comparison).
    private static func isKnown(_ tag: String, _ field: String?) -> Bool {
        guard let field else { return false }
        return field == "*" || field.split(separator: ",").contains { $0.contains(tag) }
    }
}
