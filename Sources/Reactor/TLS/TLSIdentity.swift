internal import COpenSSL

/// A parsed certificate chain and its key.
struct TLSIdentity: ~Copyable {
    let storage: OpaquePointer

    init(_ certificate: TLSCertificate) throws(TLSConfigurationError) {
        var certificate = certificate
        let ocsp = certificate.ocspResponse ?? []
        var chain = ""
        swap(&chain, &certificate.chain)
        var key = ""
        swap(&key, &certificate.privateKey)
        self.storage = try TLSConfigurationError.check { error in
            chain.withUTF8 { chain in
                key.withUTF8 { key in
                    sluice_tls_identity_new(
                        UnsafeRawPointer(chain.baseAddress)?.assumingMemoryBound(to: CChar.self), chain.count,
                        UnsafeRawPointer(key.baseAddress)?.assumingMemoryBound(to: CChar.self), key.count,
                        ocsp, ocsp.count, error)
                }
            }
        }
    }

    deinit {
        sluice_tls_identity_free(self.storage)
    }

    /// Gives up the ownership.
    consuming func take() -> OpaquePointer {
        let storage = self.storage
        discard self
        return storage
    }

    /// Certificates of one kind of key exclude each other in a context.
    var kind: Int { Int(sluice_tls_identity_kind(self.storage)) }

    /// The server names it is for, in lower case.
    var names: [String] {
        collectTexts { sluice_tls_identity_names(self.storage, $0, $1) }.map { $0.lowercased() }
    }
}

/// The texts that a C function hands to its callback.
func collectTexts(_ body: (sluice_tls_each, UnsafeMutableRawPointer) -> CInt) -> [String] {
    var texts: [String] = []
    withUnsafeMutablePointer(to: &texts) { texts in
        _ = body(
            { closure, bytes, count in
                let texts = closure?.assumingMemoryBound(to: [String].self)
                let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
                texts?.pointee.append(text)
            }, texts)
    }
    return texts
}
