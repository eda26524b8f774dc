import GatewayModel
import GatewaySnapshot
import Hummingbird

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
