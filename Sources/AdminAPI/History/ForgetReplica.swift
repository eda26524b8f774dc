import GatewayModel
import Hummingbird
import Storage

/// `DELETE /v1/replicas/{id}`: forgets a replica that is gone for good.
struct ForgetReplica: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let id = call.parameter("id")
        try await self.state.forgetReplica(id, by: call.actor)
        return Response(json: ["id": .string(id), "change": "forgotten"])
    }
}

extension ControlState {
    /// - Throws: `replica-live` for one that was heard of within 30 s.
    func forgetReplica(_ id: String, by actor: Actor) throws(Refusal) {
        guard let replica = self.replicas.replicas[id] else {
            throw Refusal(.notFound, "There is no replica with the id \(id).")
        }
        guard !replica.isLive(at: self.now()) else {
            throw Refusal(.replicaLive, "\(id) was last heard of at \(replica.lastSeen.wall.text); stop it first.")
        }
        let entry = self.auditEntry(by: actor, "replicas.forget", on: id)
        try self.change(by: actor) { database throws(StorageError) in try database.append(audit: entry) }
        self.replicas.forget(id)
    }
}
