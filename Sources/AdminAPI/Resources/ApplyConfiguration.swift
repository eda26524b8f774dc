import Documents
import GatewayModel
import HTTPTypes
import Hummingbird

/// `POST /v1/apply`: many documents, all or nothing, one version.
struct ApplyConfiguration: Sendable {
    static let parameters = WriteOptions.names.union(["message"])
    private static let longestMessage = 1000

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let options = try WriteOptions(call.query)
        let message = call.query["message"]
        if let message, message.count > Self.longestMessage {
            throw QueryParameters.refusal("message", "is longer than \(Self.longestMessage) characters")
        }
        let documents = ApplyDocuments(try await Self.documents(call))
        let changes = try await documents.resources(self.state).map(WriteRequest.Change.put)
        let request = WriteRequest(call.actor, action: "apply", message: message, changes: changes)
        do {
            return try await Writer(state: self.state).write(request, options, answer: Self.answer)
        } catch let refusal as Refusal {
            throw documents.locating(refusal)
        }
    }

    private static func documents(_ call: Call) async throws(Refusal) -> [SourceDocument] {
        let type = try call.requireContentType(["application/json", "application/yaml"])
        let bytes = try await call.bodyBytes(upTo: BodyLimit.apply)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(.malformedBody, "The body is not UTF-8.")
        }
        do throws(DocumentError) {
            return try parseDocuments(text, yaml: type == "application/yaml")
        } catch {
            throw Refusal(malformed: error)
        }
    }

    private static func answer(_ outcome: WriteOutcome) -> Response {
        let changes = outcome.changes.map { change in
            JSON.object([
                "kind": .string(change.key.kind.rawValue), "name": .string(change.key.name),
                "change": .string(change.effect.rawValue),
            ])
        }
        let json = JSON.object(["version": .integer(outcome.version), "changes": .array(changes)])
        return Response(json: json.with(outcome.warnings))
    }
}

extension Refusal {
    init(malformed error: DocumentError) {
        self.init(
            .malformedBody, "The body cannot be read.",
            errors: [
                .object([
                    "pointer": "", "code": "malformed", "detail": .string(error.message),
                    "document": .integer(Int64(error.document)), "line": .integer(Int64(error.line)),
                ])
            ])
    }
}
