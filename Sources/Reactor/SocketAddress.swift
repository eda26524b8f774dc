import CLinux
import Glibc

/// An IPv4 or IPv6 address with its port, ready for the kernel.
package struct SocketAddress: Sendable {
    private let storage: sockaddr_storage
    private let length: socklen_t

    init(storage: sockaddr_storage, length: socklen_t) {
        self.storage = storage
        self.length = length
    }

    /// - Parameter literal: an IP literal without brackets; names are not looked up.
    package init?(literal: String, port: UInt16) {
        var storage = sockaddr_storage()
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET, literal, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { bytes in withUnsafeBytes(of: v4) { bytes.copyMemory(from: $0) } }
            self.init(storage: storage, length: socklen_t(MemoryLayout<sockaddr_in>.size))
        } else if inet_pton(AF_INET6, literal, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { bytes in withUnsafeBytes(of: v6) { bytes.copyMemory(from: $0) } }
            self.init(storage: storage, length: socklen_t(MemoryLayout<sockaddr_in6>.size))
        } else {
            return nil
        }
    }

    package var family: Int32 { Int32(self.storage.ss_family) }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: self.storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, self.length) }
        }
    }

    /// Writes the address without port as text, at most 45 bytes; IPv4 mapped into IPv6 is written as IPv4.
    /// Returns the number of bytes, 0 when the family is another.
    package func writeHost(into output: UnsafeMutablePointer<UInt8>, capacity: Int) -> Int {
        var text = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        return withUnsafeMutableBytes(of: &text) { buffer in
            guard let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
            guard self.format(into: base, capacity: socklen_t(buffer.count)) else { return 0 }
            var start = 0
            if self.family == AF_INET6, strncmp(base, "::ffff:", 7) == 0, strchr(base, 0x2E) != nil { start = 7 }
            var count = 0
            while count < capacity, base[start + count] != 0 {
                output[count] = UInt8(bitPattern: base[start + count])
                count += 1
            }
            return count
        }
    }

    private func format(into base: UnsafeMutablePointer<CChar>, capacity: socklen_t) -> Bool {
        withUnsafePointer(to: self.storage) { pointer in
            if self.family == AF_INET {
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    withUnsafePointer(to: $0.pointee.sin_addr) { inet_ntop(AF_INET, $0, base, capacity) != nil }
                }
            }
            guard self.family == AF_INET6 else { return false }
            return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafePointer(to: $0.pointee.sin6_addr) { inet_ntop(AF_INET6, $0, base, capacity) != nil }
            }
        }
    }
}
