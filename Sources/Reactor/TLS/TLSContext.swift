internal import COpenSSL

/// One SSL_CTX with what its callbacks read. Sessions keep it alive in C.
struct TLSContext: ~Copyable {
    let storage: OpaquePointer

    init(isServer: Bool, minVersion: TLSVersion, alpn: [String]) throws(TLSConfigurationError) {
        let wire = try Self.wire(alpn)
        self.storage = try TLSConfigurationError.check { error in
            sluice_tls_context_new(isServer ? 1 : 0, minVersion == .v13 ? 1 : 0, wire, wire.count, error)
        }
    }

    deinit {
        sluice_tls_context_free(self.storage)
    }

    /// Gives up the ownership.
    consuming func take() -> OpaquePointer {
        let storage = self.storage
        discard self
        return storage
    }

    func add(_ identity: borrowing TLSIdentity) throws(TLSConfigurationError) {
        let identity = identity.storage
        try TLSConfigurationError.require { sluice_tls_context_add_identity(self.storage, identity, $0) }
    }

    /// RFC 7301 section 3.1.
    private static func wire(_ protocols: [String]) throws(TLSConfigurationError) -> [UInt8] {
        var wire: [UInt8] = []
        for name in protocols {
            guard let count = UInt8(exactly: name.utf8.count), count > 0, wire.count < 1024 else {
                throw TLSConfigurationError("an ALPN protocol has 1 to 255 bytes")
            }
            wire.append(count)
            wire += name.utf8
        }
        return wire
    }
}
