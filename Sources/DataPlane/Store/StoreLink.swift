import GatewayModel
import Glibc
import RateLimiting
import Reactor

/// A worker's connection to the store: questions go out one behind the other, answers come in the same order.
///
/// ```
/// down ─▶ connecting ─▶ securing ─▶ greeting ─▶ ready        a failure, from anywhere: down, for a while
/// ```
/// One loop owns it. All questions of a turn go out in one write.
final class StoreLink {
    /// What has been said and not been answered.
    enum Waiting {
        /// Of the greeting; the script's tells its name.
        case greeting(isScript: Bool)
        case question(UInt64, StoreQuestion)
    }

    private enum State {
        case down
        case connecting, securing, greeting, ready
    }

    /// Questions that wait at once.
    private static let most = 4096
    private static let backoff: (first: UInt64, most: UInt64) = (50, 2000)
    /// How long a connection may take to be ready, in milliseconds.
    private static let patience: UInt64 = 2000
    private static let mostInput = 1 << 20

    let settings: StoreSettings
    private(set) var descriptor: Int32 = -1
    /// By question: who waits for its answer.
    var askers: [UInt64: ExchangeRef] = [:]
    private(set) var counts = (answered: UInt64(0), failed: UInt64(0), late: UInt64(0))

    private let address: StoreAddress
    private let context: TLSClientContext?
    private let buffers: TLSBuffers
    private var session: TLSSession?
    private var state = State.down
    /// When the present state is given up, or another try may be made.
    private var until: UInt64 = 0
    private var delay = StoreLink.backoff.first
    /// The script's name, as the store told it.
    private var digest: [UInt8] = []
    private var output: [UInt8] = []
    private var wire: [UInt8] = []
    private var input: [UInt8] = []
    private var waiting: [(what: Waiting, since: UInt64)] = []
    private var answered = 0
    private var last: UInt64 = 0
    /// Why it goes down, and what the log was told of that.
    private var failure = ""
    private var toldFailure = ""

    init(_ settings: StoreSettings, _ wakeup: Wakeup, _ buffers: TLSBuffers) throws(TLSConfigurationError) {
        self.settings = settings
        self.address = StoreAddress(settings, wakeup)
        self.buffers = buffers
        self.context =
            settings.isSecure
            ? try TLSClientContext(
                TLSClientSettings(
                    authorities: settings.authorities.isEmpty ? [] : [settings.authorities], serverName: settings.host))
            : nil
        self.address.look()
    }

    var isReady: Bool { self.state == .ready }

    // MARK: Asking

    /// Asks; `nil`: nobody would answer in time.
    func ask(_ question: StoreQuestion, now: UInt64) -> UInt64? {
        if case .down = self.state { return nil }
        guard self.waiting.count &- self.answered < Self.most else { return nil }
        self.last &+= 1
        self.append(question)
        self.waiting.append((.question(self.last, question), now))
        return self.last
    }

    private func append(_ question: StoreQuestion) {
        // Before the script's name is known the script itself says it.
        let head =
            self.digest.isEmpty
            ? [Array("EVAL".utf8), Array(StoreScript.text.utf8)] : [Array("EVALSHA".utf8), self.digest]
        let count = Array(String(question.keys.count).utf8)
        StoreCommand.append(head + [count] + question.keys + question.arguments, to: &self.output)
    }

    // MARK: The connection

    /// Has something been late, or may another try be made? Said in every turn of the loop.
    ///
    /// - Returns: the descriptor of a connection that has just been begun.
    func look(now: UInt64, _ lost: (UInt64) -> Void) -> Int32? {
        switch self.state {
        case .down:
            guard now >= self.until else { return nil }
            return self.connect(now)
        case .connecting, .securing, .greeting:
            if now >= self.until { self.fail("it took too long to connect", now, lost) }
        case .ready:
            guard self.waiting.indices.contains(self.answered) else { return nil }
            if now > self.waiting[self.answered].since &+ self.settings.timeout {
                self.counts.late &+= 1
                self.fail("it did not answer in time", now, lost)
            }
        }
        return nil
    }

    /// When `look` has something to do; `nil`: when it is woken up.
    var nextLook: UInt64? {
        switch self.state {
        case .down, .connecting, .securing, .greeting: self.until
        case .ready:
            self.waiting.indices.contains(self.answered)
                ? self.waiting[self.answered].since &+ self.settings.timeout : nil
        }
    }

    private func connect(_ now: UInt64) -> Int32? {
        let addresses = self.address.addresses
        self.until = now &+ Self.patience
        guard !addresses.isEmpty, let descriptor = Socket.connect(to: addresses[Int(now) % addresses.count]) else {
            self.address.look()
            self.wait(now)
            return nil
        }
        self.descriptor = descriptor
        self.state = .connecting
        return descriptor
    }

    private func wait(_ now: UInt64) {
        self.state = .down
        self.until = now &+ self.delay
        self.delay = min(2 &* self.delay, Self.backoff.most)
    }

    /// Something has happened to the connection.
    ///
    /// - Parameters:
    ///   - told: gets the answers; `nil` for one that failed.
    ///   - lost: gets the questions that nobody answers any more.
    func isReadyTo(
        _ readiness: Readiness, now: UInt64, scratch: UnsafeMutablePointer<UInt8>, size: Int,
        told: (UInt64, [StoreDecision]?) -> Void, lost: (UInt64) -> Void
    ) {
        if case .connecting = self.state {
            guard readiness.isWritable else { return }
            guard Socket.connectError(self.descriptor) == 0 else {
                return self.fail("it refuses connections", now, lost)
            }
            guard self.begin(now) else { return self.fail("TLS could not be begun", now, lost) }
        }
        if readiness.isReadable, !self.read(now, scratch, size, told) { return self.fail(self.failure, now, lost) }
        if !self.flush() { self.fail("the connection broke", now, lost) }
    }

    private func begin(_ now: UInt64) -> Bool {
        guard let context else {
            self.greet(now)
            return true
        }
        self.state = .securing
        self.session = context.makeSession(buffers: self.buffers)
        guard let session, session.startHandshake() else { return false }
        self.takeCiphertext()
        return true
    }

    private func greet(_ now: UInt64) {
        self.state = .greeting
        // What has been asked meanwhile stands behind the greeting.
        let (asked, since) = (self.output, self.waiting)
        (self.output, self.waiting, self.answered) = ([], [], 0)
        if let password = self.settings.password {
            let user = self.settings.user.isEmpty ? [] : [Array(self.settings.user.utf8)]
            self.say([Array("AUTH".utf8)] + user + [Array(password.utf8)], now)
        }
        if self.settings.database > 0 {
            self.say([Array("SELECT".utf8), Array(String(self.settings.database).utf8)], now)
        }
        self.say([Array("SCRIPT".utf8), Array("LOAD".utf8), Array(StoreScript.text.utf8)], now, isScript: true)
        self.output += asked
        self.waiting += since
    }

    private func say(_ words: [[UInt8]], _ now: UInt64, isScript: Bool = false) {
        StoreCommand.append(words, to: &self.output)
        self.waiting.append((.greeting(isScript: isScript), now))
    }

    // MARK: Reading

    /// `false`: the connection is of no more use, and `failure` says why.
    private func read(
        _ now: UInt64, _ scratch: UnsafeMutablePointer<UInt8>, _ size: Int, _ told: (UInt64, [StoreDecision]?) -> Void
    ) -> Bool {
        while true {
            switch Socket.read(self.descriptor, into: scratch, count: size) {
            case .moved(let count):
                guard self.take(scratch, count, now) else { return false }
            case .wouldBlock: return self.takeReplies(now, told)
            case .ended, .failed:
                self.failure = "it closed the connection"
                _ = self.takeReplies(now, told)
                return false
            }
        }
    }

    private func take(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ now: UInt64) -> Bool {
        guard let session else {
            self.input += UnsafeBufferPointer(start: bytes, count: count)
            return true
        }
        session.feed(bytes, count: count)
        var plain = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let outcome = plain.withUnsafeMutableBufferPointer { room in
                room.baseAddress.map { session.read(into: $0, count: room.count) } ?? .failed
            }
            self.takeCiphertext()
            switch outcome {
            case .moved(let moved): self.input += plain[..<moved]
            case .ended, .failed:
                self.failure = "TLS: \(session.failure ?? session.verificationError ?? "it ended")"
                return false
            case .wantsMore:
                if case .securing = self.state, session.isEstablished { self.greet(now) }
                return true
            }
        }
    }

    private func takeReplies(_ now: UInt64, _ told: (UInt64, [StoreDecision]?) -> Void) -> Bool {
        var offset = 0
        defer { self.input.removeFirst(offset) }
        while offset < self.input.count {
            switch StoreReply.read(self.input[offset...]) {
            case .incomplete where self.input.count &- offset < Self.mostInput: return true
            case .incomplete, .malformed:
                self.failure = "it does not speak RESP"
                return false
            case .reply(let reply, let length):
                offset += length
                guard self.take(reply, now, told) else { return false }
            }
        }
        return true
    }

    private func take(_ reply: StoreReply, _ now: UInt64, _ told: (UInt64, [StoreDecision]?) -> Void) -> Bool {
        guard self.waiting.indices.contains(self.answered) else {
            self.failure = "it answers what nobody asked"
            return false
        }
        let what = self.waiting[self.answered].what
        self.answered += 1
        if self.answered > 1024 || self.answered == self.waiting.count {
            self.waiting.removeFirst(self.answered)
            self.answered = 0
        }
        switch what {
        case .greeting(let isScript):
            if case .failure(let text) = reply {
                self.failure = "it refuses: \(String(decoding: text, as: UTF8.self))"
                return false
            }
            if isScript, case .bulk(let digest?) = reply { self.digest = digest }
            if isScript {
                self.state = .ready
                self.delay = Self.backoff.first
                self.toldFailure = ""
            }
        case .question(let number, let question):
            if case .failure(let text) = reply, text.starts(with: "NOSCRIPT".utf8) {
                // It has forgotten the script: the question goes out again and brings it along.
                if !self.digest.isEmpty {
                    self.digest = []
                    self.say(
                        [Array("SCRIPT".utf8), Array("LOAD".utf8), Array(StoreScript.text.utf8)], now, isScript: true)
                }
                self.append(question)
                self.waiting.append((.question(number, question), now))
                return true
            }
            let decisions = reply.decisions(question.keys.count)
            if decisions == nil { self.counts.failed &+= 1 } else { self.counts.answered &+= 1 }
            told(number, decisions)
        }
        return true
    }

    // MARK: Writing

    /// Sends what is to be sent. `false`: the connection broke.
    func flush() -> Bool {
        switch self.state {
        case .down, .connecting: return true
        case .securing: break
        case .greeting, .ready: self.seal()
        }
        while !self.wire.isEmpty {
            let result = self.wire.withUnsafeBufferPointer { bytes in
                bytes.baseAddress.map { Socket.write(self.descriptor, $0, count: bytes.count) } ?? .wouldBlock
            }
            switch result {
            case .moved(let count): self.wire.removeFirst(count)
            case .wouldBlock: return true
            case .ended, .failed: return false
            }
        }
        return true
    }

    private func seal() {
        guard !self.output.isEmpty else { return }
        if let session {
            _ = self.output.withUnsafeBufferPointer { bytes in
                bytes.baseAddress.map { session.write($0, count: bytes.count) }
            }
            self.takeCiphertext()
        } else {
            self.wire += self.output
        }
        self.output.removeAll(keepingCapacity: true)
    }

    private func takeCiphertext() {
        self.wire += self.buffers.output
        self.buffers.clearOutput()
    }

    // MARK: Failing

    private func fail(_ reason: String, _ now: UInt64, _ lost: (UInt64) -> Void) {
        self.failure = reason
        self.tellFailure()
        self.session?.free()
        self.session = nil
        if self.descriptor >= 0 { Socket.close(self.descriptor) }
        self.descriptor = -1
        let waiting = self.waiting[self.answered...]
        (self.output, self.wire, self.input, self.waiting, self.answered) = ([], [], [], [], 0)
        self.digest = []
        self.address.look()
        self.wait(now)
        for case .question(let number, _) in waiting.lazy.map(\.what) {
            self.counts.failed &+= 1
            lost(number)
        }
    }

    /// Each reason once, until there has been a connection again.
    private func tellFailure() {
        guard self.failure != self.toldFailure else { return }
        self.toldFailure = self.failure
        let line: JSON = [
            "level": "warning", "message": "the store of rate limits is out of reach",
            "store": .string("\(self.settings.host):\(self.settings.port)"), "error": .string(self.failure),
        ]
        _ = (line.text() + "\n").withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }

    /// The connection broke while it was written to.
    func lose(now: UInt64, _ lost: (UInt64) -> Void) { self.fail("the connection broke", now, lost) }
}
