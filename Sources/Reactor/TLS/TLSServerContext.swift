internal import COpenSSL

/// What a listener needs: a context for each set of certificates (one per kind of key) that some server name has.
// Justified: nothing changes after init; the contexts it points to are made for use by many threads at once.
package final class TLSServerContext: @unchecked Sendable {
    private let names: TLSNames
    private let contexts: [OpaquePointer]
    private let tickets: TLSTicketKeys

    /// Throws a sentence that says which certificate is bad, by its place, when there are several.
    package init(_ settings: TLSServerSettings, tickets: TLSTicketKeys) throws(TLSConfigurationError) {
        guard !settings.certificates.isEmpty else { throw TLSConfigurationError("there is no certificate") }
        let builder = try TLSServerBuilder(settings, tickets: tickets)
        self.tickets = tickets
        self.names = builder.names
        self.contexts = builder.takeContexts()
    }

    deinit {
        for context in self.contexts { sluice_tls_context_free(context) }
    }

    /// A server's session with the certificates for `serverName`: those with exactly this name, else those with a wildcard
    /// for its first label (RFC 9525 section 6.3), else the first certificate's.
    ///
    /// - Parameter serverName: the host's bytes in lower case, or nil when the client sent none.
    /// - Returns: nil when memory is short.
    package func makeSession(serverName: UnsafeRawBufferPointer?, buffers: TLSBuffers) -> TLSSession? {
        let index = serverName.map { self.names.context(of: $0) } ?? 0
        guard self.contexts.indices.contains(index) else { return nil }
        return TLSSession(context: self.contexts[index], buffers: buffers)
    }
}
