import GatewayModel
import HTTPTypes
import Hummingbird
import Storage

/// `GET /v1/{kind}`: a page of the list, by name.
struct ListResources: Sendable {
    static func parameters(of kind: ResourceKind) -> Set<String> {
        ResourceFilter.names(of: kind).union(["limit", "cursor"])
    }

    let kind: ResourceKind
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let limit = try call.query.integer("limit", in: 1...1000) ?? 100
        let after = try call.query["cursor"].map(PageCursor.name(in:))
        let filter = try ResourceFilter(call.query)
        let page = await self.state.page(of: self.kind, after: after, limit: Int(limit), filter: filter)
        let cursor = page.next.map(PageCursor.text(after:))
        var response = Response(
            json: .object([
                "items": .array(page.resources.map(\.representation)), "next": cursor.map(JSON.string) ?? .null,
            ]))
        if let cursor { response.headers[.link] = "<\(self.link(to: cursor, limit, call.query))>; rel=\"next\"" }
        return response
    }

    private func link(to cursor: String, _ limit: Int64, _ query: QueryParameters) -> String {
        "/v1/\(self.kind.plural)?limit=\(limit)&cursor=\(cursor)\(ResourceFilter.text(query, of: self.kind))"
    }
}
