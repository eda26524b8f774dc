import ControlClient
import ControlProtocol
import Synchronization

/// What the control plane said, or did not.
enum ControlEvent: Sendable {
    /// The update as it came, for the workers, and as it was read; and the identity that the control plane says it
    /// succeeds.
    case update(SnapshotUpdate, [UInt8], adopts: String?)
    case unchanged
    /// The token's file has another one, which is used from here on; no answer to a question.
    case token(String)
    /// A report with events up to this one has arrived; no answer to a question.
    case reported(Int64)
    /// A snapshot came that is not what was sent; a sentence for people.
    case damaged(String)
    /// A sentence for people.
    case failed(String)
}

/// The two threads that block in calls to the control plane: one polls, one reports.
///
/// Everything that matters is decided in the supervisor's loop; it puts a question, and the answer comes as an event.
final class ControlLink: Sendable {
    private let events: Mailbox<ControlEvent>
    private let questions: Mailbox<PollPolicy.Question>
    private let reports: Mailbox<ReplicaStatus>
    private let cancellation = Cancellation()
    private let settings: Mutex<ClientSettings>
    private let token: TokenFile
    private let replica: String

    /// - Parameters:
    ///   - token: looked into before every question.
    ///   - wakeUp: rung when an event is there.
    init(_ settings: ClientSettings, _ token: TokenFile, replica: String, wakeUp: WakeUp) throws(SystemError) {
        self.settings = Mutex(settings)
        self.token = token
        self.replica = replica
        self.events = Mailbox(wakeUp)
        self.questions = Mailbox(try WakeUp(blocking: true))
        self.reports = Mailbox(try WakeUp(blocking: true))
    }

    func start() throws(SystemError) {
        try BackgroundThread.start { self.poll() }
        try BackgroundThread.start { self.report() }
    }

    /// One question is answered by one event.
    func ask(_ question: PollPolicy.Question) { self.questions.put(question) }

    /// Only the latest status counts when several wait.
    func report(_ status: ReplicaStatus) { self.reports.put(status) }

    func takeEvents() -> [ControlEvent] { self.events.takeAll() }

    /// Ends the calls in flight within a second.
    func stop() { self.cancellation.cancel() }

    private func poll() {
        do throws(ClientError) {
            var settings = self.settings.withLock { $0 }
            var client = try ControlClient(settings)
            while !self.cancellation.isCancelled {
                for question in self.questions.waitForAll() {
                    if self.readToken(settings) {
                        settings = self.settings.withLock { $0 }
                        client = try ControlClient(settings)
                    }
                    self.events.put(self.answer(to: question, client))
                }
            }
        } catch {
            self.events.put(.failed(error.message))
        }
    }

    /// A file that cannot be read, or is half written, says nothing new.
    ///
    /// - Returns: whether there is another token than before.
    private func readToken(_ known: ClientSettings) -> Bool {
        guard let token = try? self.token.read(), !token.isEmpty, token != known.token,
            let settings = try? known.with(token: token)
        else { return false }
        self.settings.withLock { $0 = settings }
        self.events.put(.token(token))
        return true
    }

    private func answer(to question: PollPolicy.Question, _ client: borrowing ControlClient) -> ControlEvent {
        let call = SnapshotCall(question, replica: self.replica)
        do throws(ClientError) {
            return call.event(for: try client.send(call.request, cancellation: self.cancellation))
        } catch {
            return .failed(error.message)
        }
    }

    private func report() {
        do throws(ClientError) {
            var settings = self.settings.withLock { $0 }
            var client = try ControlClient(settings)
            while !self.cancellation.isCancelled {
                guard let status = self.reports.waitForAll().last else { continue }
                let newer = self.settings.withLock { $0 }
                if newer.token != settings.token {
                    settings = newer
                    client = try ControlClient(settings)
                }
                var request = ClientRequest(
                    .post, "/v1/data-plane/replicas/\(ClientRequest.escaped(self.replica))/status")
                request.headers = [("Content-Type", "application/json")]
                request.body = status.encoded()
                request.timeoutMilliseconds = 5_000
                request.maximumBytes = 64 * 1024
                // A report that is lost is followed by the next one; the poll already tells that the link is down.
                let answer = try? client.send(request, cancellation: self.cancellation)
                guard let answer, let last = status.firewall.events.last else { continue }
                // What is refused once would be refused again, and all else that reports say with it.
                guard answer.status < 300 || [400, 413, 422].contains(answer.status) else { continue }
                self.events.put(.reported(last.sequence))
            }
        } catch {
            self.events.put(.failed(error.message))
        }
    }
}
