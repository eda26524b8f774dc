import ArgumentParser
import HTTPTypes
import Hummingbird

/// Which half of the demo a process serves.
enum Role: String, CaseIterable, ExpressibleByArgument, Sendable {
    case web, api, all

    var hasPage: Bool { self != .api }
    var hasAPI: Bool { self != .web }
}

/// One echo process: its name and which paths it answers.
struct Origin {
    let name: String
    let role: Role

    func router() -> Router<EchoContext> {
        let router = Router(context: EchoContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ServedBy(name: self.name))
        if self.role.hasPage {
            Page.addRoutes(to: router)
        }
        if self.role.hasAPI {
            EchoAPI(name: self.name, echoesRoot: !self.role.hasPage).addRoutes(to: router)
            ItemsAPI(store: ItemStore()).addRoutes(to: router.group("/api/items"))
        }
        return router
    }
}

/// Says in each answer which process made it, so that a page can show how a balancer spreads its calls.
struct ServedBy: RouterMiddleware {
    let name: String

    func handle(
        _ request: Request, context: EchoContext, next: (Request, EchoContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as any HTTPResponseError {
            response = try error.response(from: request, context: context)
        }
        if let field = HTTPField.Name("X-Served-By") {
            response.headers[field] = self.name
        }
        return response
    }
}
