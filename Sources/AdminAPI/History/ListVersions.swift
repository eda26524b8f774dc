import Hummingbird
import Storage

/// `GET /v1/versions`: the newest first.
struct ListVersions: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let paging = try Paging(call.query)
        let versions = try await self.state.reading { database throws(StorageError) in
            try await database.versions(before: paging.after, limit: paging.limit + 1)
        }
        return paging.page(versions, path: "/v1/versions", number: \.number, json: \.json)
    }
}
