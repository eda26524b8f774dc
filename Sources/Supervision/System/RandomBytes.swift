import CLinux
import Glibc

/// Bytes for keys, from the kernel's generator.
func randomBytes(_ count: Int) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
        let got = bytes.withUnsafeMutableBytes { getrandom($0.baseAddress?.advanced(by: filled), count - filled, 0) }
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { throw SystemError("read random bytes") }
        filled += got
    }
    return bytes
}
