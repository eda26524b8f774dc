import GatewayModel
import Hummingbird
import Storage

/// `GET /v1/versions/{n}/rollout`: how far a version has come, and who stands in its way.
struct Rollout: Sendable {
    private static let longestWait = Duration.seconds(120)
    /// How often to look for replicas that are not heard of any more: nothing else tells that they went.
    private static let pace = Duration.seconds(2)

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let wait = try call.query.duration("wait", default: .zero, limit: Self.longestWait)
        let version = try await self.state.version(named: call.parameter("n")).number
        await self.wait(for: version, upTo: wait)
        return Response(json: await self.state.rollout(of: version))
    }

    private func wait(for version: Int64, upTo time: Duration) async {
        var left = time
        while left > .zero {
            let laggards = await self.state.waitUntilApplied(version, timeout: min(left, Self.pace))
            let isHearing = await self.state.isHearing
            if !isHearing, laggards.allSatisfy({ $0.state == .rejected }) { return }
            left -= Self.pace
        }
    }
}

extension ControlState {
    /// Every replica's standing towards a version that need not be the latest.
    func rollout(of version: Int64) -> JSON {
        let (truth, now) = (self.truth, self.now())
        let standings = self.replicas.all.map { ($0, $0.state(towards: version, truth, at: now)) }
        var counts = JSONObject()
        for state in Replica.State.allCases {
            counts[state.rawValue] = .integer(Int64(standings.count { $0.1 == state }))
        }
        return [
            "version": .integer(version),
            "complete": .bool(!self.isHearing && standings.allSatisfy { $0.1 == .applied || $0.1 == .stale }),
            "counts": .object(counts),
            "replicas": .array(standings.map { replica, state in replica.standing(state, towards: version) }),
        ]
    }
}
