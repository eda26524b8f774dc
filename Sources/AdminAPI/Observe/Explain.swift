import GatewayModel
import GatewaySnapshot
import Hummingbird
import Storage

/// `POST /v1/explain`: which route takes a request and why, from the very code that workers run.
struct Explain: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let document = try await call.jsonBody()
        let request: ExplainRequest
        do throws(Faults) {
            request = try ExplainRequest(document: document)
        } catch {
            throw Refusal(invalid: error.faults)
        }
        return Response(json: await self.state.explain(request))
    }
}

extension ControlState {
    /// Explains a request on what is live here, with what live replicas say of endpoints.
    func explain(_ request: ExplainRequest) -> JSON {
        let now = self.now()
        let views = self.replicas.all.filter { $0.isLive(at: now) }.map {
            ReplicaView(replica: $0.id, health: $0.health)
        }
        return self.live.gateway.explain(request, seenBy: views, at: now.wall.milliseconds / 1000).json
    }
}
