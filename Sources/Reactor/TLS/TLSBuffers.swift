internal import COpenSSL

/// Where the TLS sessions of one loop put ciphertext, and what they share. One per loop; it outlives its sessions.
package final class TLSBuffers {
    /// A buffer grown beyond this is given back when it is cleared.
    package static let kept = 256 * 1024

    let storage: UnsafeMutablePointer<sluice_tls_buffers>?

    package init() {
        self.storage = sluice_tls_buffers_new()
    }

    deinit {
        sluice_tls_buffers_free(self.storage)
    }

    /// Ciphertext of the last calls: handshake flights, records, alerts. To be taken after every call on a session.
    package var output: UnsafeMutableBufferPointer<UInt8> {
        guard let storage = self.storage else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
        return UnsafeMutableBufferPointer(start: storage.pointee.out, count: storage.pointee.out_count)
    }

    package func clearOutput() {
        guard let storage = self.storage else { return }
        sluice_tls_buffers_clear(storage, Self.kept)
    }
}
