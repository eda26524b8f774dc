import CLinux
import Glibc

/// The signals a supervisor acts on, blocked in every thread and read from a descriptor instead.
final class Signals {
    static let handled = [SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD]

    let descriptor: Int32

    /// Call before any thread is started: threads inherit the mask.
    init() throws(SystemError) {
        var mask = Self.set(Self.handled)
        signal(SIGPIPE, SIG_IGN)
        guard pthread_sigmask(SIG_BLOCK, &mask, nil) == 0 else { throw SystemError("block signals") }
        self.descriptor = signalfd(-1, &mask, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        guard self.descriptor >= 0 else { throw SystemError("make a signalfd") }
    }

    deinit { close(self.descriptor) }

    /// The signals that came since the last call.
    func pending() -> [Int32] {
        var numbers: [Int32] = []
        var info = signalfd_siginfo()
        while read(self.descriptor, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            numbers.append(Int32(bitPattern: info.ssi_signo))
        }
        return numbers
    }

    static func set(_ numbers: [Int32]) -> sigset_t {
        var mask = sigset_t()
        sigemptyset(&mask)
        for number in numbers { sigaddset(&mask, number) }
        return mask
    }
}
