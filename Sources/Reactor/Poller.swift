import CLinux
import Glibc

/// What happened to a descriptor.
package struct Readiness: Sendable {
    package let bits: UInt32

    /// There may be bytes, the end of the stream, or an error to read.
    @inline(__always)
    package var isReadable: Bool {
        self.bits & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue | EPOLLRDHUP.rawValue) != 0
    }
    @inline(__always)
    package var isWritable: Bool { self.bits & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
    /// Nothing can be sent any more: both sides are shut, or the connection was reset.
    @inline(__always)
    package var isBroken: Bool { self.bits & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
    /// The peer will send no more: read on until the end shows, even after a short read.
    @inline(__always)
    package var isEnding: Bool { self.bits & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
}

/// epoll, edge-triggered: a descriptor is registered once, for both directions, and never touched again.
///
/// A descriptor leaves by being closed. The token of an event is the caller's; the poller does not look at it.
package struct Poller: ~Copyable {
    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private let capacity: Int32

    /// - Throws: the `errno` of `epoll_create1`.
    package init(capacity: Int32 = 512) throws(SystemError) {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError.current("epoll_create1") }
        self.descriptor = descriptor
        self.capacity = capacity
        self.events = .allocate(capacity: Int(capacity))
        self.events.initialize(repeating: epoll_event(), count: Int(capacity))
    }

    deinit {
        self.events.deallocate()
        Glibc.close(self.descriptor)
    }

    /// Edge-triggered, for reads and writes alike.
    package func addStream(_ fd: Int32, token: UInt64) -> Bool {
        let bits = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        return clinux_epoll_add(self.descriptor, fd, bits, token) == 0
    }

    /// Level-triggered, for reads alone: listeners, event counters, channels.
    package func addSource(_ fd: Int32, token: UInt64) -> Bool {
        clinux_epoll_add(self.descriptor, fd, EPOLLIN.rawValue, token) == 0
    }

    /// Stops watching a descriptor that stays open.
    package func remove(_ fd: Int32) {
        _ = epoll_ctl(self.descriptor, EPOLL_CTL_DEL, fd, nil)
    }

    /// Waits for at most `milliseconds` (-1: for ever). Returns the number of events; an interrupted wait has none.
    package mutating func wait(milliseconds: Int32) -> Int {
        let count = epoll_wait(self.descriptor, self.events, self.capacity, milliseconds)
        return count > 0 ? Int(count) : 0
    }

    /// - Precondition: `index` is below what the last `wait` returned.
    @inline(__always)
    package func event(at index: Int) -> (token: UInt64, readiness: Readiness) {
        (clinux_event_token(self.events + index), Readiness(bits: self.events[index].events))
    }
}
