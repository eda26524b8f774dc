import ControlProtocol
import GatewayModel
import HTTPTypes
import Hummingbird

/// `POST /v1/data-plane/replicas/{id}/status`: what a replica says about itself.
struct StatusReport: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let id = call.parameter("id")
        guard ReplicaName.isValid(id) else { throw Refusal(.invalid, "The replica's id \(ReplicaName.rule).") }
        try call.requireContentType(["application/json"])
        let status = try Self.status(try await call.bodyBytes(upTo: BodyLimit.resource))
        guard status.replica == id else {
            throw Refusal(
                .invalid, "The report is about another replica than its path.",
                errors: [
                    .object([
                        "pointer": "/replica", "code": "mismatch",
                        "detail": .string("The path names \(id), the report \(status.replica)."),
                    ])
                ])
        }
        self.state.firewallEvents.append(status.firewall, of: status.replica)
        await self.state.report(status.bounded)
        return Response(status: .noContent)
    }

    private static func status(_ bytes: [UInt8]) throws(Refusal) -> ReplicaStatus {
        do throws(ProtocolError) {
            return try ReplicaStatus(parsing: bytes)
        } catch {
            throw Refusal(.malformedBody, "The report cannot be read: \(error).")
        }
    }
}
