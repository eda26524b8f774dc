import GatewayModel
import Hummingbird
import Logging
import Storage

/// `GET /v1/versions/{n}`
struct VersionLookup: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        Response(json: try await self.state.version(named: call.parameter("n")).json)
    }
}

extension ControlState {
    /// The version that a segment of a path names: a number, or `latest`.
    ///
    /// - Throws: `not-found`.
    nonisolated func version(named text: String) async throws(Refusal) -> VersionRecord {
        if text == "latest" { return await self.latest }
        let found: VersionRecord? = try await self.reading { database throws(StorageError) in
            guard let number = Int64(text), String(number) == text else { return nil }
            return try await database.version(number)
        }
        guard let found else { throw Refusal(.notFound, "There is no version \(text).") }
        return found
    }

    /// Reads history beside the writes. What the database cannot do becomes a refusal.
    nonisolated func reading<Result: Sendable>(
        _ body: (ConfigurationDatabase) async throws(StorageError) -> Result
    ) async throws(Refusal) -> Result {
        do throws(StorageError) {
            return try await body(self.database)
        } catch {
            if case .prunedVersion = error { throw Refusal(error) }
            self.logger.error("History cannot be read", metadata: ["error": "\(error)"])
            throw Refusal(.internal, "History cannot be read; the log has the details.")
        }
    }
}
