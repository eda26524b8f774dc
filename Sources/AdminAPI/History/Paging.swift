import Foundation
import GatewayModel
import HTTPTypes
import Hummingbird

/// A list whose items have numbers, as a query asks for it.
struct Paging: Sendable {
    static let parameters: Set<String> = ["limit", "cursor"]

    let limit: Int
    /// The number of the last item of the page before this one.
    let after: Int64?

    init(_ query: QueryParameters) throws(Refusal) {
        self.limit = Int(try query.integer("limit", in: 1...1000) ?? 100)
        guard let cursor = query["cursor"] else {
            self.after = nil
            return
        }
        guard let number = Int64(try PageCursor.name(in: cursor)), number > 0 else {
            throw QueryParameters.refusal("cursor", "is not one that this list has given out")
        }
        self.after = number
    }

    /// The answer with one page.
    ///
    /// - Parameters:
    ///   - items: one more than the limit when there is another page.
    ///   - path: of the list, for the link to the next page.
    ///   - filters: query parameters that the next page takes over.
    func page<Item>(
        _ items: [Item], path: String, filters: [(name: String, value: String?)] = [], number: (Item) -> Int64,
        json: (Item) -> JSON
    ) -> Response {
        let page = items.prefix(self.limit)
        let next = items.count > page.count ? page.last.map { PageCursor.text(after: String(number($0))) } : nil
        var response = Response(
            json: ["items": .array(page.map(json)), "next": next.map(JSON.string) ?? .null])
        if let next {
            let query =
                [("limit", String(self.limit)), ("cursor", next)]
                + filters.compactMap { filter in
                    filter.value.map { (filter.name, $0) }
                }
            let text = query.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
            response.headers[.link] = "<\(path)?\(text)>; rel=\"next\""
        }
        return response
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", "_", "."])) ?? ""
    }
}
