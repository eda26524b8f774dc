import CLinux
import DataPlane
import Glibc

/// The listening sockets of a replica: for each address one `SO_REUSEPORT` socket per worker, in the order of the workers.
///
/// The supervisor holds them, so that what queues up on a dead worker's socket waits for its successor.
struct ListeningSockets {
    private let workers: Int
    private(set) var open: [ListenAddress: [Int32]] = [:]

    init(workers: Int) { self.workers = workers }

    /// Opens what is missing: all of it or, when one cannot be opened, none.
    mutating func add(_ addresses: Set<ListenAddress>) throws(SystemError) {
        var opened: [ListenAddress: [Int32]] = [:]
        do throws(SystemError) {
            for address in addresses.sorted() where self.open[address] == nil {
                for _ in 0..<self.workers { opened[address, default: []].append(try Self.listen(on: address)) }
            }
        } catch {
            for descriptor in opened.values.joined() { close(descriptor) }
            throw error
        }
        self.open.merge(opened) { old, _ in old }
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
