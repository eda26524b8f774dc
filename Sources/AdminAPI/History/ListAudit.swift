import GatewayModel
import Hummingbird
import Storage

/// `GET /v1/audit`: who did what, the newest first unless asked otherwise.
struct ListAudit: Sendable {
    static let parameters = Paging.parameters.union(["order", "actor", "action"])

    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let paging = try Paging(call.query)
        let filter = AuditFilter(
            isAscending: try Self.isAscending(call.query["order"]), actor: call.query["actor"],
            action: call.query["action"])
        let records = try await self.state.reading { database throws(StorageError) in
            try await database.audit(filter, after: paging.after, limit: paging.limit + 1)
        }
        return paging.page(
            records, path: "/v1/audit",
            filters: [("order", call.query["order"]), ("actor", filter.actor), ("action", filter.action)],
            number: \.sequence, json: \.json)
    }

    private static func isAscending(_ order: String?) throws(Refusal) -> Bool {
        switch order {
        case nil, "desc": false
        case "asc": true
        default: throw QueryParameters.refusal("order", "must be asc or desc")
        }
    }
}
