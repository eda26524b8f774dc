import DataPlane
import Glibc

/// An address and a port as the kernel wants them.
struct SocketName {
    let family: Int32
    /// For people: `127.0.0.1:80`, `[::1]:80`.
    let text: String
    private let bytes: [UInt8]

    /// `nil` when the address is no IP literal.
    init?(_ address: ListenAddress) {
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if inet_pton(AF_INET, address.address, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = address.port.bigEndian
            self.bytes = withUnsafeBytes(of: &four, Array.init)
            self.family = AF_INET
            self.text = "\(address.address):\(address.port)"
        } else if inet_pton(AF_INET6, address.address, &six.sin6_addr) == 1 {
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = address.port.bigEndian
            self.bytes = withUnsafeBytes(of: &six, Array.init)
            self.family = AF_INET6
            self.text = "[\(address.address)]:\(address.port)"
        } else {
            return nil
        }
    }

    /// bind(2), with its result.
    func bind(_ descriptor: Int32) -> Int32 {
        self.bytes.withUnsafeBytes { raw in
            guard let base = raw.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return Glibc.bind(descriptor, base, socklen_t(raw.count))
        }
    }
}
