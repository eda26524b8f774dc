import GatewayModel
import Hummingbird
import Storage

/// `POST /v1/versions/{n}/rollback`: a new version with the content of an earlier one.
struct RollBack: Sendable {
    static let parameters = WriteOptions.names.union(["message"])
    private static let longestMessage = 1000

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let options = try WriteOptions(call.query)
        let message = call.query["message"]
        if let message, message.count > Self.longestMessage {
            throw QueryParameters.refusal("message", "is longer than \(Self.longestMessage) characters")
        }
        let target = try await self.state.version(named: call.parameter("n")).number
        var request = WriteRequest(
            call.actor, action: "rollback", subject: "version \(target)", message: message, changes: [])
        request.rollbackOf = target
        return try await Writer(state: self.state).write(request, options) { outcome in
            Self.answer(outcome, rollbackOf: target)
        }
    }

    private static func answer(_ outcome: WriteOutcome, rollbackOf target: Int64) -> Response {
        let changes = outcome.changes.map { change -> JSON in
            [
                "kind": .string(change.key.kind.rawValue), "name": .string(change.key.name),
                "change": .string(change.effect.rawValue),
            ]
        }
        let json: JSON = [
            "version": .integer(outcome.version), "rollbackOf": .integer(target), "changes": .array(changes),
        ]
        return Response(json: json.with(outcome.warnings))
    }
}
