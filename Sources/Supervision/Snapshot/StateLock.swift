import CLinux
import Glibc

/// The right to use a replica's state folder, held until the process ends.
final class StateLock {
    /// The lock belongs to what this refers to, not to the process: who gets a copy holds the same lock.
    let descriptor: Int32

    /// - Parameter inherited: another process's lock, of this folder or of another one; owned from here on.
    init(folder: String, inherited: Int32? = nil) throws(SystemError) {
        let path = folder + "/lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw SystemError("open \(path)") }
        if let inherited, Self.isSameFile(opened, inherited) {
            close(opened)
            self.descriptor = inherited
        } else {
            if let inherited { close(inherited) }
            self.descriptor = opened
        }
        guard flock(self.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(self.descriptor)
            throw SystemError("lock \(path), another replica uses this folder", code: code)
        }
    }

    deinit { close(self.descriptor) }

    private static func isSameFile(_ left: Int32, _ right: Int32) -> Bool {
        var (first, second) = (stat(), stat())
        guard fstat(left, &first) == 0, fstat(right, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }
}
