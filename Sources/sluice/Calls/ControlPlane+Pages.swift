import ControlClient
import GatewayModel

extension ControlPlane {
    /// The items of a list, page after page: the one place that follows cursors.
    ///
    /// - Parameter limit: how many at most; `nil`: all.
    func items(_ path: String, _ query: Query = Query(), limit: Int? = nil) throws(CommandFailure) -> [JSON] {
        var items: [JSON] = []
        try self.eachPage(path, query, limit: limit) { items += $0 }
        return items
    }

    /// The same for lists that are too long to be kept.
    func eachPage(
        _ path: String, _ query: Query = Query(), limit: Int? = nil,
        _ take: ([JSON]) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        var left = limit ?? .max
        var cursor: String?
        repeat {
            var page = query
            page.add("limit", String(min(left, 500)))
            page.add("cursor", cursor)
            let body = try self.get(path, page)
            try take(Array(body.list("items").prefix(left)))
            left -= body.list("items").count
            cursor = body["next"]?.stringValue
        } while cursor != nil && left > 0
    }
}
