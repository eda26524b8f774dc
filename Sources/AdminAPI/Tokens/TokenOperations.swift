import GatewayModel
import Hummingbird
import Storage

/// `GET`, `POST /v1/tokens` and `DELETE /v1/tokens/{name}`.
struct TokenOperations: Sendable {
    let state: ControlState
    let authority: TokenAuthority

    func list(_ call: Call) async throws -> Response {
        let now = self.state.now().wall
        let tokens = self.authority.registry.all(now: Int(now.milliseconds / 1000))
        return Response(json: .object(["items": .array(tokens.map { .object($0.members) }), "next": .null]))
    }

    func create(_ call: Call) async throws -> Response {
        let document = try await call.jsonBody()
        let new: NewToken
        do throws(Faults) {
            new = try NewToken(document: document)
        } catch {
            throw Refusal(invalid: error.faults)
        }
        let issued = try await self.state.issue(new, by: call.actor, self.authority)
        var members = issued.stored.members
        members["createdBy"] = nil
        members["token"] = .string(issued.text)
        return Response(json: .object(members), status: .created)
    }

    func revoke(_ call: Call) async throws -> Response {
        let name = call.parameter("name")
        try await self.state.revoke(tokenNamed: name, by: call.actor, self.authority)
        return Response(json: .object(["name": .string(name), "change": "revoked"]))
    }
}

extension StoredToken {
    fileprivate var members: JSONObject {
        [
            "name": .string(self.name), "role": .string(self.role),
            "labelSelector": self.labelSelector.map(JSON.string) ?? .null, "createdBy": .string(self.createdBy),
            "createdAt": .string(self.createdAt.text), "expiresAt": self.expiresAt.map { .string($0.text) } ?? .null,
        ]
    }
}
