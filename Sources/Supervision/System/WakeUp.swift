import CLinux
import Glibc

/// An eventfd that one thread rings and another polls or blocks on.
final class WakeUp: Sendable {
    let descriptor: Int32

    /// - Parameter blocking: whether `wait` blocks until somebody rings.
    init(blocking: Bool) throws(SystemError) {
        let flags = Int32(EFD_CLOEXEC) | (blocking ? 0 : Int32(EFD_NONBLOCK))
        self.descriptor = eventfd(0, flags)
        guard self.descriptor >= 0 else { throw SystemError("make an eventfd") }
    }

    deinit { close(self.descriptor) }

    func ring() {
        var one: UInt64 = 1
        _ = write(self.descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Waits until somebody rings, but not longer than so many milliseconds. Takes no ring.
    func isRung(within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, milliseconds) > 0
    }

    /// Takes all rings so far.
    func wait() {
        var count: UInt64 = 0
        while read(self.descriptor, &count, MemoryLayout<UInt64>.size) < 0, errno == EINTR {}
    }
}
