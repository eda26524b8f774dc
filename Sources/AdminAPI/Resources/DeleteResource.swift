import GatewayModel
import HTTPTypes
import Hummingbird

/// `DELETE /v1/{kind}/{name}`: refused while others refer to the resource.
struct DeleteResource: Sendable {
    let kind: ResourceKind
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let options = try WriteOptions(call.query)
        let key = ResourceKey(kind: self.kind, name: call.parameter("name"))
        let request = WriteRequest(
            call.actor, "delete", .delete(key), precondition: try Precondition(call.request.headers))
        return try await Writer(state: self.state).write(request, options) { outcome in
            Response(
                json: .object([
                    "kind": .string(key.kind.rawValue), "name": .string(key.name), "change": "deleted",
                    "version": .integer(outcome.version),
                ]))
        }
    }
}
