import DataPlane
import Glibc

/// The listening socket of the admin port and its connections; what is answered is the supervisor's business.
struct AdminServer {
    static let maximumConnections = 64

    let hosts: AdminHosts
    /// `nil` once it is somebody else's.
    private(set) var listener: Int32?
    private(set) var connections: [Int32: AdminConnection] = [:]

    /// Binds the port, unless its listening socket was inherited.
    init(_ address: ListenAddress, inherited: Int32? = nil) throws(SystemError) {
        self.hosts = AdminHosts(bound: address)
        self.listener = if let inherited { inherited } else { try Self.listen(address) }
    }

    /// Accepts no more; the connections that are there get their answers. Who has a copy of the socket goes on with it.
    mutating func stopListening() {
        if let listener { close(listener) }
        self.listener = nil
    }

    /// Accepts what waits, up to the limit; beyond it callers wait in the kernel's queue.
    mutating func accept(at now: Instant) {
        while let listener, self.connections.count < Self.maximumConnections {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            self.connections[descriptor] = AdminConnection(descriptor: descriptor, at: now)
        }
    }

    /// Expires what is too slow, then forgets what is closed.
    mutating func sweep(at now: Instant) {
        for connection in self.connections.values where connection.deadline <= now { connection.expire(at: now) }
        self.connections = self.connections.filter { !$0.value.isClosed }
    }

    var nextDeadline: Instant? { self.connections.values.map(\.deadline).min() }

    var hasRoom: Bool { self.connections.count < Self.maximumConnections }

    private static func listen(_ address: ListenAddress) throws(SystemError) -> Int32 {
        guard let name = SocketName(address) else { throw SystemError("listen on \(address.address)", code: EINVAL) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(name.family, type, 0)
        guard descriptor >= 0 else { throw SystemError("open a socket for the admin port") }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard name.bind(descriptor) == 0, Glibc.listen(descriptor, 64) == 0 else {
            let code = errno
            close(descriptor)
            throw SystemError("bind the admin port \(name.text)", code: code)
        }
        return descriptor
    }
}
