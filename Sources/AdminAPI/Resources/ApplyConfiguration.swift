import GatewayModel
import HTTPTypes
import Hummingbird

/// `POST /v1/apply`: many documents, all or nothing, one version.
struct ApplyConfiguration: Sendable {
    static let parameters = WriteOptions.names.union(ApplyOptions.names).union(["message", "planHash"])
    private static let longestMessage = 1000

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let (options, owner) = (try WriteOptions(call.query), try ApplyOptions(call.query))
        let (message, planHash) = (try Self.message(call.query), try Self.planHash(call.query))
        let documents = try await ApplyDocuments(call, self.state)
        var request = owner.request(call.actor, action: "apply", try await documents.resources(self.state))
        request.message = message
        request.planHash = planHash
        do {
            return try await Writer(state: self.state).write(
                request, options, answer: { Self.answer($0, isDryRun: options.isDryRun) })
        } catch let refusal as Refusal {
            throw documents.locating(refusal)
        }
    }

    private static func message(_ query: QueryParameters) throws(Refusal) -> String? {
        guard let message = query["message"] else { return nil }
        if message.count <= Self.longestMessage { return message }
        throw QueryParameters.refusal("message", "is longer than \(Self.longestMessage) characters")
    }

    private static func planHash(_ query: QueryParameters) throws(Refusal) -> String? {
        guard let hash = query["planHash"] else { return nil }
        let digits = hash.hasPrefix("sha256:") ? hash.utf8.dropFirst(7) : "".utf8[...]
        let isHash =
            digits.count == 64 && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        if isHash { return hash }
        throw QueryParameters.refusal("planHash", "is not one that a plan has given out")
    }

    private static func answer(_ outcome: WriteOutcome, isDryRun: Bool) -> Response {
        let changes = outcome.changes.map { change in
            JSON.object([
                "kind": .string(change.key.kind.rawValue), "name": .string(change.key.name),
                "change": .string(change.effect.rawValue),
            ])
        }
        let json = JSON.object(["version": .integer(outcome.version), "changes": .array(changes)])
        return Response(json: json.with(outcome.warnings).withGenerated(outcome, isDryRun))
    }
}
