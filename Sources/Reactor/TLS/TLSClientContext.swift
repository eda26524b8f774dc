internal import COpenSSL

/// What connections to an upstream need. It keeps the newest session for resumption.
// Justified: nothing changes after init; the context it points to is made for use by many threads at once.
package final class TLSClientContext: @unchecked Sendable {
    private let context: TLSContext

    package init(_ settings: TLSClientSettings) throws(TLSConfigurationError) {
        let context = try TLSContext(isServer: false, minVersion: settings.minVersion, alpn: settings.alpn)
        if let certificate = settings.certificate { try context.add(TLSIdentity(certificate)) }
        try Self.setTrust(of: context, settings)
        try Self.setNames(of: context, settings)
        self.context = context
    }

    /// A client's session; `startHandshake` comes next. Nil when memory is short.
    package func makeSession(buffers: TLSBuffers) -> TLSSession? {
        TLSSession(context: self.context.storage, buffers: buffers)
    }

    private static func setTrust(
        of context: borrowing TLSContext, _ settings: TLSClientSettings
    ) throws(TLSConfigurationError) {
        let storage = context.storage
        guard settings.verifies else {
            try TLSConfigurationError.require {
                sluice_tls_context_set_trust(storage, nil, SLUICE_TLS_VERIFY_NONE, $0)
            }
            return
        }
        let trust = try TLSTrust(authorities: settings.authorities, revocationLists: [], orSystem: true)
        let trusted = trust.storage
        try TLSConfigurationError.require {
            sluice_tls_context_set_trust(storage, trusted, SLUICE_TLS_VERIFY_REQUIRE, $0)
        }
    }

    private static func setNames(
        of context: borrowing TLSContext, _ settings: TLSClientSettings
    ) throws(TLSConfigurationError) {
        let storage = context.storage
        if let name = settings.serverName {
            try Self.checkText(name)
            try TLSConfigurationError.require { sluice_tls_context_set_server_name(storage, name, $0) }
        }
        for name in settings.subjectAltNames {
            let (text, isURI) =
                switch name {
                case .dns(let text): (text, CInt(0))
                case .uri(let text): (text, CInt(1))
                }
            try Self.checkText(text)
            try TLSConfigurationError.require { sluice_tls_context_add_name(storage, isURI, text, $0) }
        }
    }

    private static func checkText(_ text: String) throws(TLSConfigurationError) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw TLSConfigurationError("a name to be verified is empty or has a byte that no name has")
        }
    }
}
