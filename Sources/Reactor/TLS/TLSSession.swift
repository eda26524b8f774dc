internal import COpenSSL

/// What a call of `TLSSession.read` came to.
package enum TLSRead: Equatable, Sendable {
    /// So many bytes of plain text.
    case moved(Int)
    /// All that was fed is used up.
    case wantsMore
    /// The peer said close_notify: no more bytes come from it.
    case ended
    /// The session is broken; an alert may be in the output.
    case failed
}

/// The protocol that ALPN chose (RFC 7301).
package enum TLSProtocol: Sendable {
    case none, http11, http2, other
}

/// One connection's TLS state: a handle, copied freely. Its owner calls `free` exactly once, and nothing after it.
package struct TLSSession {
    private let handle: OpaquePointer

    init?(context: OpaquePointer, buffers: TLSBuffers) {
        guard let storage = buffers.storage, let handle = sluice_tls_session_new(context, storage) else { return nil }
        self.handle = handle
    }

    package func free() {
        sluice_tls_session_free(self.handle)
    }

    /// Hands over ciphertext; the memory stays valid until `read` has returned something else than `moved`.
    ///
    /// What an earlier call handed over and `read` has not used yet is forgotten.
    package func feed(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) {
        sluice_tls_session_feed(self.handle, bytes, count)
    }

    /// Drives the handshake and decrypts. Never blocks.
    package func read(into base: UnsafeMutablePointer<UInt8>, count: Int) -> TLSRead {
        let moved = sluice_tls_session_read(self.handle, base, count)
        if moved > 0 { return .moved(moved) }
        if moved == Int(SLUICE_TLS_WANTS_MORE) { return .wantsMore }
        return moved == Int(SLUICE_TLS_ENDED) ? .ended : .failed
    }

    /// Encrypts everything into `TLSBuffers.output`. False: the session is broken, or the handshake is not done.
    package func write(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        sluice_tls_session_write(self.handle, bytes, count) == 1
    }

    /// Clients: puts the ClientHello into the output.
    package func startHandshake() -> Bool {
        sluice_tls_session_start(self.handle) == 1
    }

    /// Puts close_notify into the output, once the handshake is done. Reading goes on.
    package func shutdown() {
        sluice_tls_session_shutdown(self.handle)
    }

    package var isEstablished: Bool { sluice_tls_session_established(self.handle) == 1 }
    package var isResumed: Bool { sluice_tls_session_resumed(self.handle) == 1 }
    package var version: StaticString { sluice_tls_session_is_v13(self.handle) == 1 ? "TLSv1.3" : "TLSv1.2" }
    package var cipher: String { String(cString: sluice_tls_session_cipher(self.handle)) }

    package var alpn: TLSProtocol {
        var name: UnsafePointer<UInt8>?
        let count = sluice_tls_session_alpn(self.handle, &name)
        let chosen = UnsafeBufferPointer(start: name, count: count)
        if chosen.isEmpty { return .none }
        if chosen.elementsEqual("h2".utf8) { return .http2 }
        return chosen.elementsEqual("http/1.1".utf8) ? .http11 : .other
    }

    /// Why the peer's certificate was refused, or would have been; for logs.
    package var verificationError: String? {
        sluice_tls_session_verification_error(self.handle).map { String(cString: $0) }
    }

    /// Why a call failed, in OpenSSL's words; for logs.
    package var failure: String? {
        sluice_tls_session_failure(self.handle).map { String(cString: $0) }
    }

    /// The peer's certificate; nil when it presented none.
    package func peer() -> TLSPeer? {
        guard let peer = sluice_tls_peer_new(self.handle) else { return nil }
        defer { sluice_tls_peer_free(peer) }
        return TLSPeer(peer)
    }
}
