import CLinux
import Glibc

/// systemd's readiness protocol (sd_notify(3)): one datagram of `NAME=value` lines to the socket that it named.
struct ServiceManager {
    private let socketName: String?

    /// - Parameter socket: an absolute path, or an abstract name after `@`; `nil` without a service manager.
    init(socket: String?) { self.socketName = socket }

    /// Says nothing when nobody listens; a service manager that cannot be told notices by its own time-outs.
    func notify(_ state: String) {
        guard let socketName, let name = Self.name(socketName) else { return }
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = FileDescriptor(owning: Glibc.socket(AF_UNIX, type, 0))
        guard socket.number >= 0 else { return }
        let text = Array(state.utf8)
        name.withUnsafeBytes { raw in
            guard let address = raw.bindMemory(to: sockaddr.self).baseAddress else { return }
            _ = sendto(socket.number, text, text.count, Int32(MSG_NOSIGNAL), address, socklen_t(raw.count))
        }
    }

    /// A `sockaddr_un` of just the length that the name takes: the zeros after an abstract one would belong to it.
    private static func name(_ text: String) -> [UInt8]? {
        var path = Array(text.utf8)
        guard path.count > 1, path.first == UInt8(ascii: "/") || path.first == UInt8(ascii: "@") else { return nil }
        if path.first == UInt8(ascii: "@") { path[0] = 0 } else { path.append(0) }
        guard path.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        return withUnsafeBytes(of: sa_family_t(AF_UNIX), Array.init) + path
    }
}
