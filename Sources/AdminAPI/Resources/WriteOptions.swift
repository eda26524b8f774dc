import GatewayModel
import HTTPTypes
import Hummingbird

/// The query parameters that every write takes.
struct WriteOptions: Sendable {
    static let names: Set<String> = ["dryRun", "wait", "timeout"]

    let isDryRun: Bool
    /// How long to wait for every live replica to serve the version; `nil` not to wait.
    let wait: Duration?

    init(_ query: QueryParameters) throws(Refusal) {
        self.isDryRun = try query.flag("dryRun")
        let timeout = try query.duration("timeout", default: .seconds(5), limit: .seconds(120))
        switch query["wait"] {
        case nil: self.wait = nil
        case "applied": self.wait = timeout
        default: throw QueryParameters.refusal("wait", "can only be `applied`")
        }
    }
}

/// Carries out writes and answers them in the way that all writes have in common.
struct Writer: Sendable {
    let state: ControlState

    /// - Parameter answer: the answer to a write that is done, or in a dry run would be.
    func write(
        _ request: WriteRequest, _ options: WriteOptions, answer: (WriteOutcome) -> Response
    ) async throws -> Response {
        var request = request
        request.isDryRun = options.isDryRun
        let outcome = try await self.state.write(request)
        var response = answer(outcome)
        if options.isDryRun {
            response.headers[.dryRun] = "true"
        } else if let timeout = options.wait {
            let laggards = await self.state.waitUntilApplied(outcome.version, timeout: timeout)
            let isHearing = await self.state.isHearing
            if !laggards.isEmpty || isHearing {
                response = Self.accepted(outcome, laggards, location: response.headers[.location])
            }
        }
        response.headers[.configVersion] = String(outcome.version)
        if outcome.isUnchanged { response.headers[.change] = "none" }
        return response
    }

    /// The write is durable and live in control; some replica does not serve it yet, or it is not known whether.
    private static func accepted(_ outcome: WriteOutcome, _ laggards: [Laggard], location: String?) -> Response {
        var response = Response(
            json: .object([
                "version": .integer(outcome.version), "laggards": .array(laggards.map(\.json)),
            ]).withGenerated(outcome, false), status: .accepted)
        response.headers[.location] = location
        return response
    }
}
