import ControlClient
import GatewayModel

/// The admin API as commands use it: an answer that says no is a failure with all its reasons.
struct ControlPlane: ~Copyable {
    private let client: ControlClient
    private let url: String

    init(_ options: ConnectionOptions) throws(CommandFailure) {
        let settings = try options.settings()
        self.url = settings.url
        do { self.client = try ControlClient(settings) } catch { throw CommandFailure(error.message) }
    }

    /// - Returns: the status and the parsed body, `null` when it is empty.
    func call(_ request: ClientRequest) throws(CommandFailure) -> (status: Int, body: JSON) {
        let answer: ClientAnswer
        do throws(ClientError) {
            answer = try self.client.send(request)
        } catch {
            throw CommandFailure("\(self.url): \(error.message)")
        }
        let body = answer.body.isEmpty ? JSON.null : (try? JSON(parsing: answer.body)) ?? .null
        guard (200..<300).contains(answer.status) else {
            throw CommandFailure(.refused, ProblemText.lines(status: answer.status, body))
        }
        return (answer.status, body)
    }
}
