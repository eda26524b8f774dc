import ControlProtocol
import GatewayModel
import Hummingbird
import Storage

/// `GET /v1/replicas`
struct ReplicaList: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let replicas = await self.state.replicaDocuments()
        return Response(json: .object(["items": .array(replicas), "next": .null]))
    }
}

extension ControlState {
    /// Every known replica as the API shows it, its state computed now.
    func replicaDocuments() -> [JSON] {
        let (truth, now) = (self.truth, self.now())
        return self.replicas.all.map { $0.json(against: truth, at: now) }
    }

    /// How many replicas are in each state now.
    func replicaCounts() -> [Replica.State: Int] {
        let (truth, now) = (self.truth, self.now())
        return Dictionary(self.replicas.all.map { ($0.state(against: truth, at: now), 1) }, uniquingKeysWith: +)
    }
}

extension Replica {
    /// What a rollout says of it.
    func standing(_ state: State, towards target: Int64) -> JSON {
        [
            "id": .string(self.id),
            "host": self.host.map(JSON.string) ?? .null,
            "version": self.version.map(JSON.integer) ?? .null,
            "state": .string(state.rawValue),
            "errors": .array(self.rejection(of: target)?.errors.map(Self.json) ?? []),
            "lastSeen": .string(self.lastSeen.wall.text),
        ]
    }

    fileprivate func json(against truth: VersionTruth, at now: Moment) -> JSON {
        .object([
            "id": .string(self.id),
            "host": self.host.map(JSON.string) ?? .null,
            "version": self.version.map(JSON.integer) ?? .null,
            "digest": self.digest.map(JSON.string) ?? .null,
            "identity": self.identity.map(JSON.string) ?? .null,
            "state": .string(self.state(against: truth, at: now).rawValue),
            "lastSeen": .string(self.lastSeen.wall.text),
            "uptimeSeconds": self.uptimeSeconds.map(JSON.integer) ?? .null,
            "errors": .array(self.rejection?.errors.map(Self.json) ?? []),
            "traffic": self.traffic.map(Self.json) ?? .null,
        ])
    }

    private static func json(_ error: RejectedResource) -> JSON {
        .object([
            "kind": error.key.map { .string($0.kind.rawValue) } ?? .null,
            "name": error.key.map { .string($0.name) } ?? .null,
            "message": .string(error.message),
        ])
    }

    private static func json(_ traffic: ReplicaStatus.Traffic) -> JSON {
        .object([
            "requests": .integer(Int64(clamping: traffic.requests)),
            "activeRequests": .integer(Int64(clamping: traffic.activeRequests)),
            "responses5xx": .integer(Int64(clamping: traffic.responses5xx)),
        ])
    }
}
