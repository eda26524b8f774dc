import GatewayModel
import GatewaySnapshot
import Hummingbird

/// `POST /v1/diagnose/cors`: whether a page of another origin may make a request, from the very code that workers run.
struct DiagnoseCORS: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let document = try await call.jsonBody()
        let question: CORSQuestion
        do throws(Faults) {
            question = try CORSQuestion(document: document)
        } catch {
            throw Refusal(invalid: error.faults)
        }
        return Response(json: await self.state.diagnoseCORS(question))
    }
}

extension ControlState {
    /// Diagnoses a request on what is live here.
    func diagnoseCORS(_ question: CORSQuestion) -> JSON { self.live.gateway.diagnoseCORS(question) }
}
