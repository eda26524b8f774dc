import CLinux
import Glibc

/// Lets another thread wake a loop: an event counter, watched like any descriptor.
package struct Wakeup: Sendable {
    package let descriptor: Int32

    package init() throws(SystemError) {
        self.descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard self.descriptor >= 0 else { throw SystemError.current("eventfd") }
    }

    /// From any thread.
    package func signal() {
        _ = eventfd_write(self.descriptor, 1)
    }

    /// On the loop's thread, when the descriptor is readable.
    package func acknowledge() {
        var value: eventfd_t = 0
        _ = eventfd_read(self.descriptor, &value)
    }
}
