import ControlClient
import GatewayModel

/// The admin API as commands use it: an answer that says no is a failure with all its reasons.
struct ControlPlane: ~Copyable {
    private let client: ControlClient
    private let url: String

    init(_ options: ConnectionOptions) throws(CommandFailure) {
        let settings = try options.settings()
        self.client = try Self.client(settings)
        self.url = settings.url
    }

    private static func client(_ settings: ClientSettings) throws(CommandFailure) -> ControlClient {
        do throws(ClientError) {
            return try ControlClient(settings)
        } catch {
            throw CommandFailure(error.message)
        }
    }

    /// - Parameter places: where each document in the body stands, for faults.
    /// - Returns: the status and the parsed body, `null` when it is empty.
    func call(_ request: ClientRequest, places: [String] = []) throws(CommandFailure) -> (status: Int, body: JSON) {
        let answer: ClientAnswer
        do throws(ClientError) {
            answer = try self.client.send(request)
        } catch {
            throw CommandFailure(
                .error,
                [
                    "\(self.url): \(error.message)",
                    "  is that where sluice-control listens? --url, SLUICE_URL or a context say otherwise",
                ])
        }
        let body = answer.body.isEmpty ? JSON.null : (try? JSON(parsing: answer.body)) ?? .null
        guard (200..<300).contains(answer.status) else {
            throw CommandFailure(.refused, ProblemText.lines(status: answer.status, body, places: places))
        }
        return (answer.status, body)
    }
}
