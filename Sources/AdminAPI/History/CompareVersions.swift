import GatewayModel
import HTTPTypes
import Hummingbird
import Storage

/// `GET /v1/versions/{a}/diff/{b}`: what changes on the way from one version to the other, as JSON or as text for people.
struct CompareVersions: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let base = try await self.state.version(named: call.parameter("a")).number
        let target = try await self.state.version(named: call.parameter("b")).number
        let differences = try await self.state.reading { database throws(StorageError) in
            try await database.compare(base, target)
        }
        let changes = differences.map(ResourceDiff.json)
        var response =
            call.wantsText
            ? Response(text: DiffText.of(changes), type: "text/plain; charset=utf-8")
            : Response(json: ["from": .integer(base), "to": .integer(target), "changes": .array(changes)])
        response.headers[.vary] = "Accept"
        return response
    }
}

extension Call {
    /// Whether `Accept` names text before JSON.
    fileprivate var wantsText: Bool {
        let types = (self.request.headers[.accept] ?? "").lowercased().split(separator: ",")
            .compactMap { $0.split(separator: ";").first?.trimmingPrefix(" ") }
        let first = types.first {
            $0.hasPrefix("text/plain") || $0.hasPrefix("application/json") || $0.hasPrefix("*/*")
        }
        return first?.hasPrefix("text/plain") ?? false
    }
}

/// Changes as lines for people: `+ route/x`, `- route/z`, `~ route/y` and what changed of it below.
enum DiffText {
    static func of(_ changes: [JSON]) -> String {
        changes.map { self.lines($0) }.joined()
    }

    private static func lines(_ change: JSON) -> String {
        let key = "\(change["kind"]?.stringValue ?? "")/\(change["name"]?.stringValue ?? "")"
        switch change["change"]?.stringValue {
        case "created": return "+ \(key)\n"
        case "deleted": return "- \(key)\n"
        default: return "~ \(key)\n" + (change["diff"]?.arrayValue ?? []).map(Self.line).joined()
        }
    }

    private static func line(_ difference: JSON) -> String {
        let pointer = difference["pointer"]?.stringValue ?? ""
        switch (difference["before"], difference["after"]) {
        case (let before?, let after?): return "    \(pointer): \(before) -> \(after)\n"
        case (nil, let after?): return "    \(pointer): + \(after)\n"
        case (let before?, nil): return "    \(pointer): - \(before)\n"
        case (nil, nil): return "    \(pointer)\n"
        }
    }
}
