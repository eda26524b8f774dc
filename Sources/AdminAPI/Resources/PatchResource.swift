import GatewayModel
import HTTPTypes
import Hummingbird

/// `PATCH /v1/{kind}/{name}`: changes some fields of a resource (JSON Merge Patch, RFC 7396).
struct PatchResource: Sendable {
    let kind: ResourceKind
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let options = try WriteOptions(call.query)
        let key = ResourceKey(kind: self.kind, name: call.parameter("name"))
        let precondition = try Precondition(call.request.headers)
        let patch = try await call.jsonBody(types: ["application/merge-patch+json", "application/json"])
        let prepared = try await self.state.prepared(ResourcePatch(key: key, document: patch))
        let request = WriteRequest(call.actor, "patch", prepared, precondition: precondition)
        return try await Writer(state: self.state).write(request, options) { outcome in
            PutResource.answer(outcome, isDryRun: options.isDryRun)
        }
    }
}

extension WriteRequest {
    fileprivate init(_ actor: Actor, _ verb: String, _ patch: ResourcePatch, precondition: Precondition) {
        let kind = patch.key.kind.rawValue
        self.init(actor, action: "\(kind).\(verb)", subject: "\(kind)/\(patch.key.name)", changes: [])
        self.patch = patch
        self.precondition = precondition
    }
}
