import Foundation
import GatewayModel
import HTTPTypes
import Hummingbird
import Storage

/// `GET /v1/{kind}`: a page of the list, by name.
struct ListResources: Sendable {
    static let parameters: Set<String> = ["limit", "cursor", "labelSelector"]

    let kind: ResourceKind
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let limit = try call.query.integer("limit", in: 1...1000) ?? 100
        let after = try call.query["cursor"].map(PageCursor.name(in:))
        let selector = try call.query["labelSelector"].map(LabelSelector.init(parsing:)) ?? .all
        let page = await self.state.page(of: self.kind, after: after, limit: Int(limit), selector: selector)
        let cursor = page.next.map(PageCursor.text(after:))
        var response = Response(
            json: .object([
                "items": .array(page.resources.map(\.representation)), "next": cursor.map(JSON.string) ?? .null,
            ]))
        if let cursor { response.headers[.link] = "<\(self.link(to: cursor, limit, call.query))>; rel=\"next\"" }
        return response
    }

    private func link(to cursor: String, _ limit: Int64, _ query: QueryParameters) -> String {
        var link = "/v1/\(self.kind.plural)?limit=\(limit)&cursor=\(cursor)"
        if let selector = query["labelSelector"]?.addingPercentEncoding(withAllowedCharacters: .alphanumerics) {
            link += "&labelSelector=\(selector)"
        }
        return link
    }
}
