internal import COpenSSL

/// The ticket keys of a replica, shared by its workers' contexts (RFC 5077; RFC 8446 section 4.6.1).
///
/// The first key encrypts, all decrypt. Without keys no tickets are issued, and none are accepted.
package final class TLSTicketKeys: Sendable {
    /// Bytes of one key: a name of 16, 32 for AES-256, 32 for HMAC-SHA-256.
    package static let keySize = Int(SLUICE_TLS_KEY_SIZE)
    /// More are not taken.
    package static let maxCount = Int(SLUICE_TLS_KEYS_MAX)

    // Justified: never changed after init; what it points to is guarded by a lock of its own.
    nonisolated(unsafe) let storage: OpaquePointer?

    package init() {
        self.storage = sluice_tls_keys_new()
    }

    deinit {
        sluice_tls_keys_release(self.storage)
    }

    /// From any thread. Keys of another size than `keySize` are left out.
    package func install(_ keys: [[UInt8]]) {
        let good = keys.filter { $0.count == Self.keySize }.prefix(Self.maxCount)
        let bytes = good.flatMap { $0 }
        sluice_tls_keys_install(self.storage, bytes, good.count)
    }
}
