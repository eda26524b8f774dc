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

    private let file: SnapshotFile
    private let log: Log
    private let queue: Mailbox<Numbered>
    private let next = Atomic<UInt64>(1)
    /// The number of the last content written; holding the lock is the right to write.
    private let written = Mutex<UInt64>(0)

    init(_ file: SnapshotFile, log: Log) throws(SystemError) {
        self.file = file
        self.log = log
        self.queue = Mailbox(try WakeUp(blocking: true))
        try BackgroundThread.start(.whenIdle) { self.run() }
    }

    func keep(_ content: SnapshotContent) { self.queue.put(self.numbered(content)) }

    /// Writes now, if it is not on disk yet; for the end of the process.
    func keepNow(_ content: SnapshotContent) { self.write(self.numbered(content)) }

    /// Writes nothing any more; a write under way is waited for.
    func stop() { self.written.withLock { $0 = .max } }

    private func numbered(_ content: SnapshotContent) -> Numbered {
        Numbered(number: self.next.wrappingAdd(1, ordering: .relaxed).oldValue, content: content)
    }

    private func run() {
        var lastTrim: Instant?
        while true {
            var latest = self.queue.waitForAll().last
            sleep(1)
            latest = self.queue.takeAll().last ?? latest
            if let latest { self.write(latest) }
            latest = nil
            guard lastTrim.map({ Instant.now().milliseconds(since: $0) > Self.trimInterval }) ?? true else { continue }
            lastTrim = .now()
            Memory.giveBack()
        }
    }

    private func write(_ numbered: Numbered) {
        self.written.withLock { written in
            guard numbered.number > written else { return }
            do throws(SystemError) {
                try self.file.write(numbered.content)
                written = numbered.number
            } catch {
                self.log.error("the snapshot could not be written to disk", ["error": .string(error.message)])
            }
        }
    }
}
