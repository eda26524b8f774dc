import GatewayModel
import HTTPTypes
import Hummingbird

/// `POST /v1/plan`: what `apply` of the same body would do, field by field, and what that does to traffic.
struct PlanConfiguration: Sendable {
    static let parameters = ApplyOptions.names

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let owner = try ApplyOptions(call.query)
        let documents = try await ApplyDocuments(call, self.state)
        var request = owner.request(call.actor, action: "plan", try await documents.resources(self.state))
        request.isDryRun = true
        request.reviewsTraffic = true
        do throws(Refusal) {
            return Response(json: Self.json(try await self.state.write(request)))
        } catch {
            throw documents.locating(error)
        }
    }

    private static func json(_ plan: WriteOutcome) -> JSON {
        let json: JSON = [
            "version": .integer(plan.version), "planHash": plan.planHash.map(JSON.string) ?? .null,
            "changes": .array(plan.changes.sorted { $0.isDone(before: $1) }.map(\.detailed)),
            "summary": Self.summary(plan.changes), "traffic": .array(plan.traffic.map(\.json)),
        ]
        return json.with(plan.warnings).withGenerated(plan, true)
    }

    private static func summary(_ changes: [WriteOutcome.Change]) -> JSON {
        var counts: [WriteOutcome.Effect: Int64] = [:]
        for change in changes { counts[change.effect, default: 0] += 1 }
        var summary = JSONObject()
        for effect in [WriteOutcome.Effect.created, .updated, .deleted, .unchanged] {
            summary[effect.rawValue] = .integer(counts[effect] ?? 0)
        }
        return .object(summary)
    }
}

extension WriteOutcome.Change {
    /// The order in which changes can be made: first what is put, from what others refer to upwards, then what is deleted, the
    /// other way round; what stays comes last.
    fileprivate func isDone(before other: WriteOutcome.Change) -> Bool {
        let (left, right) = (self.phase, other.phase)
        if left != right { return left < right }
        let (here, there) = (self.level, other.level)
        if here != there { return (here < there) == (self.effect != .deleted) }
        return self.key.name < other.key.name
    }

    private var phase: Int {
        switch self.effect {
        case .created, .updated: 0
        case .deleted: 1
        case .unchanged: 2
        }
    }

    private var level: Int { ResourceKind.inDependencyOrder.firstIndex(of: self.key.kind) ?? 0 }

    fileprivate var detailed: JSON {
        [
            "kind": .string(self.key.kind.rawValue), "name": .string(self.key.name),
            "change": .string(self.effect.rawValue),
            "diff": .array(self.effect == .unchanged ? [] : ResourceDiff.fields(self.before, self.stored)),
        ]
    }
}
