import GatewayModel
import Hummingbird
import Logging

/// `GET /v1/logs`: the control plane's own last log lines.
struct ReadLogs: Sendable {
    static let parameters: Set<String> = ["after", "limit", "level", "wait"]

    let ring: LogRing

    func callAsFunction(_ call: Call) async throws -> Response {
        let after = try call.query.integer("after", in: 0...Int64.max)
        let limit = Int(try call.query.integer("limit", in: 1...1000) ?? 100)
        let level = try Self.level(call.query)
        let wait = try call.query.duration("wait", default: .zero, limit: .seconds(25))
        var page = self.ring.page(after: after, limit: limit, level: level)
        if page.lines.isEmpty, wait > .zero {
            let seen = page.next
            await self.ring.wait(level: level, upTo: wait) { $0 != seen }
            page = self.ring.page(after: seen, limit: limit, level: level)
        }
        return Response(json: .object(["items": .array(page.lines.map(\.json)), "next": .integer(page.next)]))
    }

    private static func level(_ query: QueryParameters) throws(Refusal) -> Logger.Level {
        guard let text = query["level"] else { return .trace }
        if let level = Logger.Level(rawValue: text) { return level }
        let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        throw QueryParameters.refusal("level", "must be one of \(known)")
    }
}

extension LogRing.Line {
    fileprivate var json: JSON {
        var members = self.members
        members["sequence"] = .integer(self.sequence)
        return .object(members)
    }
}
