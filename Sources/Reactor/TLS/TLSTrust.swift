internal import COpenSSL

/// Authorities and revocation lists.
final class TLSTrust {
    let storage: OpaquePointer

    /// - Parameter orSystem: whether the system's authorities are taken when none are given.
    init(authorities: [String], revocationLists: [String], orSystem: Bool) throws(TLSConfigurationError) {
        self.storage = try TLSConfigurationError.check { sluice_tls_trust_new($0) }
        try Self.fill(self.storage, authorities, revocationLists, orSystem)
    }

    deinit {
        sluice_tls_trust_free(self.storage)
    }

    private static func fill(
        _ storage: OpaquePointer, _ authorities: [String], _ revocationLists: [String], _ orSystem: Bool
    ) throws(TLSConfigurationError) {
        for pem in authorities {
            try TLSConfigurationError.require { sluice_tls_trust_add_authorities(storage, pem, pem.utf8.count, $0) }
        }
        if authorities.isEmpty && orSystem {
            try TLSConfigurationError.require { sluice_tls_trust_add_system(storage, $0) }
        }
        for pem in revocationLists {
            try TLSConfigurationError.require { sluice_tls_trust_add_revocations(storage, pem, pem.utf8.count, $0) }
        }
    }
}
