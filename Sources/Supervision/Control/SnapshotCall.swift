import ControlClient
import ControlProtocol
import GatewayModel

/// The long poll on the wire: the question as a request, the answer as an event.
struct SnapshotCall {
    static let waitSeconds = 25

    let request: ClientRequest

    init(_ question: PollPolicy.Question, replica: String) {
        var query = ["wait=\(question.mayWait ? Self.waitSeconds : 0)s", "replica=\(ClientRequest.escaped(replica))"]
        if let since = question.since { query.append("since=\(since)") }
        if let served = question.served {
            query.append("version=\(served.version)")
            query.append("digest=\(ClientRequest.escaped(served.digest))")
            query.append("identity=\(ClientRequest.escaped(served.identity))")
        }
        self.request = Self.request("/v1/data-plane/snapshot?" + query.joined(separator: "&"))
    }

    private static func request(_ path: String) -> ClientRequest {
        var request = ClientRequest(.get, path)
        // Beyond the wait, time for a large body.
        request.timeoutMilliseconds = (Self.waitSeconds + 35) * 1000
        return request
    }

    /// The digest of the bytes is checked before they are parsed.
    func event(for answer: ClientAnswer) -> ControlEvent {
        switch answer.status {
        case 304: return .unchanged
        case 200: break
        case let status: return .failed("the control plane answered \(status): \(Self.detail(answer))")
        }
        guard answer.header("content-digest") == contentDigestHeader(answer.body) else {
            return .damaged("its Content-Digest does not match")
        }
        do throws(ProtocolError) {
            let adopts = answer.header("x-sluice-adopts")
            return .update(try SnapshotUpdate(parsing: answer.body), answer.body, adopts: adopts)
        } catch {
            return .damaged("it cannot be read: \(error)")
        }
    }

    private static func detail(_ answer: ClientAnswer) -> String {
        let problem = try? JSON(parsing: answer.body)
        return problem?["detail"]?.stringValue ?? problem?["title"]?.stringValue ?? "no problem document"
    }
}
