import ControlClient
import GatewayModel

/// The admin API as commands use it: an answer that says no is a failure with all its reasons.
struct ControlPlane: ~Copyable {
    private let client: ControlClient
    private let url: String
    private let patience: Int?

    /// - Parameter patience: the longest that a call may take, in milliseconds; `nil`: as the call says.
    init(_ options: ConnectionOptions, patience: Int? = nil) throws(CommandFailure) {
        let settings = try options.settings()
        self.client = try Self.client(settings)
        self.url = settings.url
        self.patience = patience
    }

    private static func client(_ settings: ClientSettings) throws(CommandFailure) -> ControlClient {
        do throws(ClientError) {
            return try ControlClient(settings)
        } catch {
            throw CommandFailure(error.message)
        }
    }

    func get(_ path: String, _ query: Query = Query()) throws(CommandFailure) -> JSON {
        try self.call(ClientRequest(.get, path + query.text)).body
    }

    /// `nil` for what is not there.
    func find(_ path: String) throws(CommandFailure) -> PlaneAnswer? {
        let answer = try self.send(ClientRequest(.get, path))
        return answer.status == 404 ? nil : try Self.accepted(answer) { _ in [] }
    }

    func post(_ path: String, _ body: JSON) throws(CommandFailure) -> PlaneAnswer {
        try self.call(.sending(.post, path, body))
    }

    /// - Parameter places: where that stands which each fault is about.
    func call(
        _ request: ClientRequest, places: ([JSON]) -> [String?] = { _ in [] }
    ) throws(CommandFailure) -> PlaneAnswer {
        try Self.accepted(try self.send(request), places: places)
    }

    private func send(_ request: ClientRequest) throws(CommandFailure) -> ClientAnswer {
        var request = request
        if let patience { request.timeoutMilliseconds = patience }
        do throws(ClientError) {
            return try self.client.send(request)
        } catch {
            throw CommandFailure(.error, ConnectionText.lines(self.url, error), isPassing: error.isPassing)
        }
    }

    private static func accepted(
        _ answer: ClientAnswer, places: ([JSON]) -> [String?]
    ) throws(CommandFailure) -> PlaneAnswer {
        let result = PlaneAnswer(answer)
        guard (200..<300).contains(answer.status) else {
            let places = places(result.body.list("errors"))
            let lines = ProblemText.lines(
                status: answer.status, result.body, places: places, retryAfter: answer.header("retry-after"))
            throw CommandFailure(.refused, lines, isPassing: [429, 502, 503, 504].contains(answer.status))
        }
        return result
    }
}

extension ClientError {
    fileprivate var isPassing: Bool {
        switch self {
        case .noConnection, .unreachable: true
        case .untrusted, .outputFailed, .bodyTooLarge, .cancelled, .invalid: false
        }
    }
}

extension ClientRequest {
    /// A call with a JSON body.
    static func sending(_ method: Method, _ path: String, _ body: JSON) -> ClientRequest {
        var request = ClientRequest(method, path)
        request.headers = [("Content-Type", "application/json")]
        request.body = body.encoded()
        return request
    }
}
