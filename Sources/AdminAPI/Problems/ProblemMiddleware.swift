import GatewayModel
import HTTPTypes
import Hummingbird
import Logging

/// The outermost layer: gives the call its id, turns whatever is thrown into a problem document, counts the answer.
struct ProblemMiddleware: RouterMiddleware {
    let operations: OperationTable
    let metrics: AdminMetrics

    func handle(
        _ request: Request, context: AdminContext, next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = self.response(to: error, request: request, context: context)
        }
        response.headers[.requestID] = context.requestID
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        self.metrics.answered(status: response.status.code)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(to error: any Error, request: Request, context: AdminContext) -> Response {
        let refusal = self.refusal(for: error, request: request, logger: context.logger)
        let document = refusal.document(instance: request.uri.path, requestID: context.requestID)
        context.logger.debug(
            "Call refused",
            metadata: [
                "reason": "\(refusal.reason.rawValue)", "method": "\(request.method.rawValue)",
                "path": "\(request.uri.path)",
            ])
        var response = Response(json: document, status: refusal.reason.status, type: "application/problem+json")
        for field in refusal.headers { response.headers[field.name] = field.value }
        return response
    }

    private func refusal(for error: any Error, request: Request, logger: Logger) -> Refusal {
        switch error {
        case let refusal as Refusal: return refusal
        case let error as HTTPError where error.status == .notFound: return self.operations.missing(request)
        case is CancellationError: return Refusal(.shuttingDown, "The control plane stopped before it could answer.")
        default:
            logger.error("Call failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return Refusal(.internal, "Something went wrong that is not the caller's fault; the log has the details.")
        }
    }
}
