import GatewayModel
import HTTPTypes
import Hummingbird
import Storage

/// `GET /livez`: the process answers.
struct Liveness: Sendable {
    func callAsFunction(_ call: Call) async throws -> Response {
        Response(json: .object(["status": "ok"]))
    }
}

/// `GET /readyz`: whether writes and polls can be served; `verbose` says what was looked at.
struct Readiness: Sendable {
    let state: ControlState

    func callAsFunction(_ call: Call) async throws -> Response {
        let isVerbose = try call.query.flag("verbose")
        let checks = await self.state.readinessChecks()
        let isReady = checks.allSatisfy(\.isOK)
        var document: JSONObject = ["status": isReady ? "ok" : "failed"]
        if isVerbose {
            document["checks"] = .array(
                checks.map { check in
                    .object([
                        "name": .string(check.name), "status": check.isOK ? "ok" : "failed",
                        "detail": .string(check.detail),
                    ])
                })
        }
        return Response(json: .object(document), status: isReady ? .ok : .serviceUnavailable)
    }
}

/// One thing that readiness depends on.
struct ReadinessCheck: Sendable {
    let name: String
    let isOK: Bool
    let detail: String
}

extension ControlState {
    func readinessChecks() -> [ReadinessCheck] {
        [
            ReadinessCheck(
                name: "storage", isOK: self.storageProblem == nil,
                detail: self.storageProblem ?? "the last write became durable"),
            ReadinessCheck(
                name: "configuration", isOK: true, detail: "version \(self.latest.number) is loaded and compiled"),
            ReadinessCheck(
                name: "running", isOK: !self.isStopping, detail: self.isStopping ? "shutting down" : "serving"),
        ]
    }
}
