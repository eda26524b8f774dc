import CLinux
import Glibc

/// What one read or write on a non-blocking stream did.
package enum IOResult {
    case moved(Int)
    case wouldBlock
    /// The peer has sent all it will (reads only).
    case ended
    /// Reset, broken pipe and the like: the connection is of no more use.
    case failed
}

/// System calls on non-blocking stream sockets. No state: a socket is its descriptor, owned by whoever holds it.
package enum Socket {
    package static func read(_ fd: Int32, into base: UnsafeMutablePointer<UInt8>, count: Int) -> IOResult {
        while true {
            let moved = recv(fd, base, count, 0)
            if moved > 0 { return .moved(moved) }
            if moved == 0 { return .ended }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed
        }
    }

    package static func write(_ fd: Int32, _ base: UnsafePointer<UInt8>, count: Int) -> IOResult {
        while true {
            let moved = send(fd, base, count, Int32(MSG_NOSIGNAL))
            if moved >= 0 { return .moved(moved) }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed
        }
    }

    /// What became of one `accept`.
    package enum Accepted {
        case connection(Int32, peer: SocketAddress)
        case none
        /// Out of descriptors or memory: nothing was taken from the queue.
        case exhausted
    }

    package static func accept(_ listener: Int32) -> Accepted {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        while true {
            let fd = clinux_accept(listener, &storage, &length)
            if fd >= 0 { return .connection(fd, peer: SocketAddress(storage: storage, length: length)) }
            switch errno {
            case EINTR, ECONNABORTED, EPROTO: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            default: return .none
            }
        }
    }

    /// Starts a connection; the outcome shows as writability and `connectError`.
    package static func connect(to address: borrowing SocketAddress) -> Int32? {
        let fd = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { return nil }
        Self.setNoDelay(fd)
        let result = address.withSockaddr { Glibc.connect(fd, $0, $1) }
        if result == 0 || errno == EINPROGRESS { return fd }
        let reason = errno
        Self.close(fd)
        errno = reason
        return nil
    }

    /// Whether `connect` failed for what is at the other end, not for what this machine lacks.
    package static func isPeerError(_ code: Int32) -> Bool {
        [ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT].contains(code)
    }

    /// The error of a connection attempt, 0 when it succeeded.
    package static func connectError(_ fd: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) == 0 else { return errno }
        return value
    }

    /// On a listener it holds for every connection accepted from it.
    package static func setNoDelay(_ fd: Int32) {
        var on: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Says that nothing more will be sent; what was sent still arrives.
    package static func shutdownWrites(_ fd: Int32) {
        Glibc.shutdown(fd, Int32(SHUT_WR))
    }

    package static func close(_ fd: Int32) {
        Glibc.close(fd)
    }

    /// Makes the next `close` send a reset, so that a peer cannot take a truncated stream for a complete one.
    package static func resetOnClose(_ fd: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}
