internal import COpenSSL

/// Makes the contexts of a listener; what is not taken is freed.
final class TLSServerBuilder {
    let names: TLSNames
    private var contexts: [OpaquePointer] = []

    init(_ settings: TLSServerSettings, tickets: TLSTicketKeys) throws(TLSConfigurationError) {
        guard tickets.storage != nil else { throw TLSConfigurationError("out of memory") }
        let identities = try Identities(settings.certificates)
        self.names = TLSNames(identities.facts)
        let trust = try settings.clientValidation.map { (validation) throws(TLSConfigurationError) in
            try Trust(validation)
        }
        for set in self.names.sets {
            let context = try TLSContext(isServer: true, minVersion: settings.minVersion, alpn: settings.alpn)
            for place in set { try identities.add(place, to: context) }
            try Self.finish(context, settings, tickets, trust)
            self.contexts.append(context.take())
        }
    }

    deinit {
        for context in self.contexts { sluice_tls_context_free(context) }
    }

    func takeContexts() -> [OpaquePointer] {
        let taken = self.contexts
        self.contexts = []
        return taken
    }

    private static func finish(
        _ context: borrowing TLSContext, _ settings: TLSServerSettings, _ tickets: TLSTicketKeys, _ trust: Trust?
    ) throws(TLSConfigurationError) {
        let storage = context.storage
        let id = settings.sessionContext
        try TLSConfigurationError.require { sluice_tls_context_set_session_id(storage, id, id.count, $0) }
        try TLSConfigurationError.require { sluice_tls_context_set_keys(storage, tickets.storage, $0) }
        guard let trust else { return }
        try TLSConfigurationError.require {
            sluice_tls_context_set_trust(storage, trust.storage.storage, trust.mode, $0)
        }
    }
}

/// The parsed certificates of a listener.
private final class Identities {
    private(set) var storage: [OpaquePointer] = []
    private(set) var facts: [(names: [String], kind: Int)] = []

    init(_ certificates: [TLSCertificate]) throws(TLSConfigurationError) {
        for certificate in certificates {
            let identity = try Self.located(self.facts.count, of: certificates.count) {
                () throws(TLSConfigurationError) in try TLSIdentity(certificate)
            }
            self.facts.append((identity.names, identity.kind))
            self.storage.append(identity.take())
        }
    }

    deinit {
        for identity in self.storage { sluice_tls_identity_free(identity) }
    }

    func add(_ place: Int, to context: borrowing TLSContext) throws(TLSConfigurationError) {
        let target = context.storage
        let identity = self.storage[place]
        _ = try Self.located(place, of: self.storage.count) { () throws(TLSConfigurationError) in
            try TLSConfigurationError.check { sluice_tls_context_add_identity(target, identity, $0) == 1 ? true : nil }
        }
    }

    private static func located<Value: ~Copyable>(
        _ place: Int, of count: Int, _ body: () throws(TLSConfigurationError) -> Value
    ) throws(TLSConfigurationError) -> Value {
        do {
            return try body()
        } catch {
            throw count == 1 ? error : TLSConfigurationError("certificate \(place + 1) of \(count): \(error.message)")
        }
    }
}

/// Client validation, ready for contexts.
private final class Trust {
    let storage: TLSTrust
    let mode: sluice_tls_verify

    init(_ validation: TLSClientValidation) throws(TLSConfigurationError) {
        guard !validation.authorities.isEmpty || validation.mode == .request else {
            throw TLSConfigurationError("client certificates cannot be verified without an authority")
        }
        self.storage = try TLSTrust(
            authorities: validation.authorities, revocationLists: validation.revocationLists, orSystem: false)
        self.mode =
            switch validation.mode {
            case .require: SLUICE_TLS_VERIFY_REQUIRE
            case .optional: SLUICE_TLS_VERIFY_OPTIONAL
            case .request: SLUICE_TLS_VERIFY_REQUEST
            }
    }
}
