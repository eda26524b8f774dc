import Foundation

/// The right to work on a data folder: one process at a time has it.
///
/// It is a `flock` on `sluice.lock`, which the kernel takes back when the process dies, however it dies; the text in
/// the file only says who holds it. SQLite's own locks are not enough: two control planes would take turns
/// writing, each believing its memory to be the truth.
package final class Lease: Sendable {
    private let descriptor: Int32

    /// Takes the lease or says who has it.
    ///
    /// - Parameter now: when it is taken, for the text in the file.
    package init(of folder: DataFolder, at now: Timestamp) throws(StorageError) {
        let path = folder.lock
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, problem: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let problem = errno
            let holder = Self.text(of: descriptor)
            close(descriptor)
            if problem == EWOULDBLOCK { throw .leaseHeld(folder: folder.path, holder: holder) }
            throw .file(path: path, problem: String(cString: strerror(problem)))
        }
        self.descriptor = descriptor
        self.sign(at: now)
    }

    deinit { close(self.descriptor) }

    /// Says in the file who we are. A failure (disk full) costs the text only, the lock stands.
    private func sign(at now: Timestamp) {
        let host = ProcessInfo.processInfo.hostName
        let text = "process \(getpid()) on host \(host) since \(now.text)\n"
        ftruncate(self.descriptor, 0)
        _ = text.withCString { pwrite(self.descriptor, $0, strlen($0), 0) }
    }

    private static func text(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return "a process that did not say who it is" }
        return String(decoding: bytes.prefix(count), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
