import CLinux
import Glibc

/// Bytes too large for a packet, in an anonymous file whose descriptor travels instead.
///
/// One file serves every worker: readers use positions of their own, and the file is sealed before it is shared.
package enum SharedPayload {
    /// A new sealed memfd, close-on-exec, that holds the bytes; the caller closes it.
    package static func write(_ bytes: [UInt8], name: String = "sluice-payload") throws(ChannelError) -> Int32 {
        let descriptor = clinux_memfd(name)
        guard descriptor >= 0 else { throw .failed(errno: errno) }
        do throws(ChannelError) {
            try Self.fill(descriptor, bytes)
            guard clinux_seal(descriptor) == 0 else { throw .failed(errno: errno) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// All bytes of a memfd. Leaves the descriptor open.
    package static func read(_ descriptor: Int32) throws(ChannelError) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .failed(errno: errno) }
        guard let size = Int(exactly: status.st_size), size >= 0 else { throw .malformed("payload of unknown size") }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = pread(descriptor, buffer.baseAddress?.advanced(by: count), size - count, off_t(count))
                if got < 0, errno == EINTR { continue }
                if got <= 0 {
                    failure = got < 0 ? errno : EIO
                    return
                }
                count += got
            }
        }
        guard failure == 0 else { throw .failed(errno: failure) }
        return bytes
    }

    private static func fill(_ descriptor: Int32, _ bytes: [UInt8]) throws(ChannelError) {
        var offset = 0
        while offset < bytes.count {
            let wrote = bytes.withUnsafeBytes { all in
                pwrite(descriptor, all.baseAddress?.advanced(by: offset), all.count - offset, off_t(offset))
            }
            if wrote < 0, errno == EINTR { continue }
            guard wrote > 0 else { throw .failed(errno: wrote < 0 ? errno : EIO) }
            offset += wrote
        }
    }
}
