import GatewayModel
import Hummingbird
import Logging
import Storage

/// `POST /v1/replicas/adopt`: this control plane succeeds another one, and its replicas may follow.
struct AdoptReplicas: Sendable {
    private static let longest = 128

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let identity = try Self.identity(in: try await call.jsonBody())
        let adopted = try await self.state.adopt(identity, by: call.actor)
        return Response(
            json: [
                "identity": .string(await self.state.identity), "adopts": .array(adopted.map(JSON.string)),
            ])
    }

    private static func identity(in document: JSON) throws(Refusal) -> String {
        guard let members = document.objectValue else {
            throw Self.invalid("", "type", "expected an object, not \(document.kindName)")
        }
        for (name, _) in members.members where name != "identity" {
            throw Self.invalid("/" + name, "unknown-field", "only `identity` is known here")
        }
        guard let identity = members["identity"] else {
            throw Self.invalid("/identity", "required", "the identity that the replicas serve must be given")
        }
        guard case .string(let text) = identity, (1...Self.longest).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Self.invalid(
                "/identity", "value", "expected 1 to \(Self.longest) printable characters without spaces")
        }
        return text
    }

    private static func invalid(_ pointer: String, _ code: String, _ detail: String) -> Refusal {
        Refusal(invalid: [Fault(pointer: pointer, code: code, detail: detail)])
    }
}

extension ControlState {
    /// Whether the replicas of another control plane follow this one.
    func adopts(_ identity: String) -> Bool { self.adoptions.contains(identity) }

    /// - Returns: every identity that this control plane succeeds.
    func adopt(_ identity: String, by actor: Actor) throws(Refusal) -> [String] {
        guard identity != self.identity else {
            throw Refusal(
                invalid: [
                    Fault(
                        pointer: "/identity", code: "own-identity",
                        detail: "This is the identity of this control plane.")
                ])
        }
        if !self.adopts(identity) {
            let entry = self.auditEntry(by: actor, "replicas.adopt", on: identity)
            try self.change(by: actor) { database throws(StorageError) in try database.adopt(identity, entry) }
            self.adoptions.insert(identity)
            self.logger.warning("Replicas of another control plane are adopted", metadata: ["identity": "\(identity)"])
        }
        return self.adoptions.sorted()
    }
}
