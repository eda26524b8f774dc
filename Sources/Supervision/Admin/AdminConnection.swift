import Glibc

/// One connection to the admin port: a request in, an answer out, closed.
final class AdminConnection {
    static let timeoutMilliseconds: UInt64 = 5_000

    private enum State {
        case reading
        /// The answer is being made; `withBody` is false for HEAD.
        case waiting(withBody: Bool)
        case writing([UInt8], sent: Int)
        case closed
    }

    let descriptor: Int32
    private(set) var deadline: Instant
    private var state = State.reading
    private var received: [UInt8] = []

    init(descriptor: Int32, at now: Instant) {
        self.descriptor = descriptor
        self.deadline = now.advanced(by: Self.timeoutMilliseconds)
    }

    deinit { close(self.descriptor) }

    var isClosed: Bool { if case .closed = self.state { true } else { false } }

    /// Whether to wait for readability (`false`) or for room (`true`); `nil` while the answer is being made.
    var waitsForRoom: Bool? {
        switch self.state {
        case .reading: false
        case .writing: true
        case .waiting, .closed: nil
        }
    }

    /// Reads what is there. Returns the request once its head is complete or hopeless.
    func read() -> AdminRequest? {
        guard case .reading = self.state else { return nil }
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(self.descriptor, &chunk, chunk.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return nil }
        guard count > 0 else {
            self.state = .closed
            return nil
        }
        self.received += chunk[..<count]
        let request = AdminRequest(parsing: self.received)
        switch request {
        case .incomplete: return nil
        case .refused: self.state = .waiting(withBody: true)
        case .call(let method, _, _): self.state = .waiting(withBody: method != "HEAD")
        }
        return request
    }

    /// Sends as much of the answer as there is room for.
    func answer(_ answer: AdminAnswer, at now: Instant) {
        guard case .waiting(let withBody) = self.state else { return }
        self.deadline = now.advanced(by: Self.timeoutMilliseconds)
        self.state = .writing(answer.encoded(withBody: withBody), sent: 0)
        self.write()
    }

    func write() {
        guard case .writing(let bytes, var sent) = self.state else { return }
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                send(self.descriptor, all.baseAddress?.advanced(by: sent), all.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                self.state = .writing(bytes, sent: sent)
                return
            }
            guard count > 0 else { break }
            sent += count
        }
        self.state = .closed
        // What the caller still sends must not turn into a reset that takes the answer away.
        shutdown(self.descriptor, Int32(SHUT_WR))
        var rest = [UInt8](repeating: 0, count: 4096)
        while recv(self.descriptor, &rest, rest.count, Int32(MSG_DONTWAIT)) > 0 {}
    }

    /// Too slow, either way.
    func expire(at now: Instant) {
        switch self.state {
        case .reading where !self.received.isEmpty:
            self.state = .waiting(withBody: true)
            self.answer(.problem(408, "request-timeout", "The request took too long to arrive."), at: now)
        case .waiting:
            self.answer(.problem(503, "timeout", "The worker processes did not answer in time."), at: now)
        case .reading, .writing, .closed: self.state = .closed
        }
    }
}
