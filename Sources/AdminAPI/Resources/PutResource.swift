import GatewayModel
import HTTPTypes
import Hummingbird
import Storage

/// `PUT /v1/{kind}/{name}`: makes the resource, or replaces it whole.
struct PutResource: Sendable {
    let kind: ResourceKind
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let options = try WriteOptions(call.query)
        let precondition = try Precondition(call.request.headers)
        let written = try await self.resource(named: call.parameter("name"), from: try await call.jsonBody())
        var request = WriteRequest(call.actor, "put", .put(written.resource), precondition: precondition)
        request.take(written)
        return try await Writer(state: self.state).write(request, options) { outcome in
            Self.answer(outcome, isDryRun: options.isDryRun)
        }
    }

    private func resource(named name: String, from document: JSON) async throws(Refusal) -> WrittenResource {
        let key = ResourceKey(kind: self.kind, name: name)
        do throws(Faults) {
            return try await self.state.written(document, of: key)
        } catch {
            throw Refusal(invalid: error.faults)
        }
    }

    static func answer(_ outcome: WriteOutcome, isDryRun: Bool) -> Response {
        guard let change = outcome.changes.first, let stored = change.stored else {
            return Response(status: .noContent)
        }
        let isCreated = change.effect == .created && !isDryRun
        var response = Response(
            json: stored.representation.with(outcome.warnings).withGenerated(outcome, of: stored.key, isDryRun),
            status: isCreated ? .created : .ok)
        if isCreated { response.headers[.location] = stored.location }
        if !isDryRun { response.headers[.eTag] = ETag.of(stored) }
        return response
    }
}
