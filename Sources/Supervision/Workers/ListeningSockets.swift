import CLinux
import DataPlane
import Glibc

/// The listening sockets of a replica: for each address one `SO_REUSEPORT` socket per worker, in the order of the workers.
///
/// The supervisor holds them, so that what queues up on a dead worker's socket waits for its successor, and hands them to
/// the supervisor that takes its place. That one may have fewer workers: the kernel gives connections to the surplus
/// sockets all the same, and closing one would reset what waits on it, so they are served until the address goes.
struct ListeningSockets {
    private let workers: Int
    private(set) var open: [ListenAddress: [Int32]] = [:]

    /// - Parameter inherited: from another supervisor; owned from here on.
    init(workers: Int, inherited: [ListenAddress: [Int32]] = [:]) {
        self.workers = workers
        self.open = inherited
    }

    /// What one worker serves: its own socket, and its share of the surplus.
    func sockets(for worker: Int, at address: ListenAddress) -> [Int32] {
        let all = self.open[address] ?? []
        return stride(from: worker, to: all.count, by: self.workers).map { all[$0] }
    }

    /// An address that cannot be listened on.
    struct Refused: Error {
        let address: ListenAddress
        let cause: SystemError
    }

    /// Opens what is missing: all of it or, when one cannot be opened, none.
    mutating func add(_ addresses: Set<ListenAddress>) throws(Refused) {
        var opened: [ListenAddress: [Int32]] = [:]
        for address in addresses.sorted() {
            let missing = self.workers - (self.open[address]?.count ?? 0)
            do throws(SystemError) {
                for _ in 0..<max(missing, 0) { opened[address, default: []].append(try Self.listen(on: address)) }
            } catch {
                for descriptor in opened.values.joined() { close(descriptor) }
                throw Refused(address: address, cause: error)
            }
        }
        self.open.merge(opened) { earlier, new in earlier + new }
    }

    /// Closes what is not wanted any more.
    mutating func keep(_ addresses: Set<ListenAddress>) {
        for (address, descriptors) in self.open where !addresses.contains(address) {
            for descriptor in descriptors { close(descriptor) }
            self.open[address] = nil
        }
    }

    private static func listen(on address: ListenAddress) throws(SystemError) -> Int32 {
        let name = SocketName(address)
        guard let name else { throw SystemError("listen on \(address.address)", code: EINVAL) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(name.family, type, 0)
        guard descriptor >= 0 else { throw SystemError("open a socket for \(name.text)") }
        do throws(SystemError) {
            try Self.configure(descriptor, name)
            guard name.bind(descriptor) == 0 else { throw SystemError("bind \(name.text)") }
            guard Glibc.listen(descriptor, 4096) == 0 else { throw SystemError("listen on \(name.text)") }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func configure(_ descriptor: Int32, _ name: SocketName) throws(SystemError) {
        var options = [(SOL_SOCKET, SO_REUSEADDR), (SOL_SOCKET, SO_REUSEPORT), (Int32(IPPROTO_TCP), TCP_NODELAY)]
        if name.family == AF_INET6 { options.append((Int32(IPPROTO_IPV6), IPV6_V6ONLY)) }
        for (level, option) in options {
            var on: Int32 = 1
            guard setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
                throw SystemError("prepare a socket for \(name.text)")
            }
        }
    }
}
