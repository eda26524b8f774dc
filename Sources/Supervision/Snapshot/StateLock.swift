import CLinux
import Glibc

/// The right to use a replica's state folder, held until the process ends.
final class StateLock {
    private let descriptor: Int32

    init(folder: String) throws(SystemError) {
        let path = folder + "/lock"
        self.descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard self.descriptor >= 0 else { throw SystemError("open \(path)") }
        guard flock(self.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(self.descriptor)
            throw SystemError("lock \(path), another replica uses this folder", code: code)
        }
    }

    deinit { close(self.descriptor) }
}
