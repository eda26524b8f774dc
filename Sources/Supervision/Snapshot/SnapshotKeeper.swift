import ControlProtocol
import GatewayModel
import Glibc
import Synchronization

/// Writes the last good snapshot from a thread of its own, at most once a second, so that no change waits for a disk.
final class SnapshotKeeper: Sendable {
    private struct Numbered: Sendable {
        let number: UInt64
        let content: SnapshotContent
    }

    private static let trimInterval: UInt64 = 30_000

    private struct State {
        var file: SnapshotFile
        /// The number of the last content written.
        var written: UInt64 = 0
    }

    private let log: Log
    private let queue: Mailbox<Numbered>
    private let next = Atomic<UInt64>(1)
    /// Holding the lock is the right to write.
    private let state: Mutex<State>

    init(_ file: SnapshotFile, log: Log) throws(SystemError) {
        self.state = Mutex(State(file: file))
        self.log = log
        self.queue = Mailbox(try WakeUp(blocking: true))
        try BackgroundThread.start(.whenIdle) { self.run() }
    }

    func keep(_ content: SnapshotContent) { self.queue.put(self.numbered(content)) }

    /// Writes now, if it is not on disk yet; for the end of the process.
    func keepNow(_ content: SnapshotContent) { self.write(self.numbered(content)) }

    /// Writes nothing any more; a write under way is waited for.
    func stop() { self.state.withLock { $0.written = .max } }

    /// From here on a snapshot is sealed with another token, and what is on disk is at once.
    ///
    /// - Parameter isOurs: whether this process may write.
    func seal(with token: String, isOurs: Bool) {
        self.state.withLock { state in
            let file = SnapshotFile(folder: state.file.folder, token: token)
            if isOurs, state.written != .max { self.reseal(state.file, file) }
            state.file = file
        }
    }

    /// Where that fails the next snapshot puts it right.
    private func reseal(_ old: SnapshotFile, _ new: SnapshotFile) {
        do {
            try old.reseal(new)
        } catch {
            self.log.warning(
                "the snapshot on disk is still sealed with the former token", ["error": .string("\(error)")])
        }
    }

    private func numbered(_ content: SnapshotContent) -> Numbered {
        Numbered(number: self.next.wrappingAdd(1, ordering: .relaxed).oldValue, content: content)
    }

    private func run() {
        var lastTrim: Instant?
        while true {
            self.writeNext(self.queue.waitForAll())
            // What it left is given back even when no other snapshot follows.
            while let wait = Self.untilTrim(lastTrim) {
                let next = self.queue.waitForAll(upTo: wait)
                if !next.isEmpty { self.writeNext(next) }
            }
            lastTrim = .now()
            Memory.giveBack()
        }
    }

    /// Milliseconds; `nil`: memory may be given back now.
    private static func untilTrim(_ last: Instant?) -> Int32? {
        guard let passed = last.map({ Instant.now().milliseconds(since: $0) }), passed < Self.trimInterval else {
            return nil
        }
        return Int32(Self.trimInterval - passed)
    }

    private func writeNext(_ contents: [Numbered]) {
        sleep(1)
        if let latest = self.queue.takeAll().last ?? contents.last { self.write(latest) }
    }

    private func write(_ numbered: Numbered) {
        self.state.withLock { state in
            guard numbered.number > state.written else { return }
            do throws(SystemError) {
                try state.file.write(numbered.content)
                state.written = numbered.number
            } catch {
                self.log.error("the snapshot could not be written to disk", ["error": .string(error.message)])
            }
        }
    }
}
