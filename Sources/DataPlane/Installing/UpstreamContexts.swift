import GatewayModel
import GatewaySnapshot
import Reactor

/// What TLS to the upstreams that an update changes needs: made before the update is put in force, so that a certificate that
/// cannot be used refuses it.
struct CompiledUpstreams: Sendable {
    /// By slot, one for each endpoint or one for all that are discovered; upstreams without TLS are not here.
    private(set) var contexts: [Int: [TLSClientContext]] = [:]
    private(set) var faults: [RejectedReason] = []

    init(_ change: PreparedChange) {
        for (slot, entry) in change.upstreamEntries {
            guard let entry, let tls = entry.upstream.tls else { continue }
            do throws(TLSConfigurationError) {
                self.contexts[slot] = try Self.make(entry, tls)
            } catch {
                self.faults.append(RejectedReason(kind: "upstream", name: entry.upstream.name, message: error.message))
            }
        }
    }

    /// One context for each name that is verified: a session that is resumed is not verified again.
    private static func make(
        _ entry: UpstreamEntry, _ tls: UpstreamTLS
    ) throws(TLSConfigurationError) -> [TLSClientContext] {
        guard entry.upstream.discovery == nil else {
            return [try TLSClientContext(TLSClientSettings(entry, tls, name: entry.upstream.verifiedName))]
        }
        var known: [String?: TLSClientContext] = [:]
        var contexts: [TLSClientContext] = []
        for endpoint in entry.upstream.endpoints {
            let name = entry.upstream.verifiedName ?? (tls.subjectAltNames.isEmpty ? endpoint.address.text : nil)
            if let context = known[name] {
                contexts.append(context)
                continue
            }
            let context = try TLSClientContext(TLSClientSettings(entry, tls, name: name))
            known[name] = context
            contexts.append(context)
        }
        return contexts
    }
}

extension TLSClientSettings {
    fileprivate init(_ entry: UpstreamEntry, _ tls: UpstreamTLS, name: String?) {
        self.init(
            authorities: entry.authorities.map(\.chain), verifies: tls.verifies, serverName: name,
            subjectAltNames: tls.subjectAltNames.map(Name.init),
            certificate: entry.clientCertificate.map(TLSCertificate.init), alpn: entry.upstream.proto.alpn)
    }
}

extension TLSClientSettings.Name {
    fileprivate init(_ name: UpstreamTLS.Name) {
        switch name {
        case .dns(let text): self = .dns(text)
        case .uri(let text): self = .uri(text)
        }
    }
}

extension UpstreamProtocol {
    fileprivate var alpn: [String] {
        switch self {
        case .http1: ["http/1.1"]
        case .h2: ["h2"]
        case .auto: ["h2", "http/1.1"]
        case .h2c: []
        }
    }
}
