import GatewayModel

/// Which verified client certificates may pass.
final class MTLSRule: Sendable {
    private let policy: MTLSPolicy

    init(_ policy: MTLSPolicy) { self.policy = policy }

    func test(_ request: AccessRequest, _ findings: AccessFindings) -> RuleOutcome {
        guard let certificate = request.certificate else { return .refused(.certificateRequired) }
        guard self.takes(certificate) else { return .refused(.certificateDenied) }
        let forwarding = self.policy.forwarding
        findings.tell(forwarding.subject, certificate.subject)
        findings.tell(forwarding.fingerprint, certificate.fingerprint)
        if let name = Self.shown(certificate.dnsNames, self.policy.dnsNames, spell: { $0.lowercased() }) {
            findings.tell(forwarding.dnsName, name)
        }
        if let uri = Self.shown(certificate.uris, self.policy.uris, spell: { $0 }) {
            findings.tell(forwarding.uri, uri)
        }
        return .pass
    }

    private func takes(_ certificate: CertificateNames) -> Bool {
        self.policy.subjects.contains { $0.matches(certificate.subject) }
            || self.policy.fingerprints.contains { $0.matches(certificate.fingerprint) }
            || Self.taken(certificate.dnsNames, self.policy.dnsNames, spell: { $0.lowercased() }) != nil
            || Self.taken(certificate.uris, self.policy.uris, spell: { $0 }) != nil
    }

    private static func taken(_ names: [String], _ patterns: [TextPattern], spell: (String) -> String) -> String? {
        if patterns.isEmpty { return nil }
        return names.first { name in
            let name = spell(name)
            return patterns.contains { $0.matches(name) }
        }
    }

    /// Of several names the one that was taken, else the first.
    private static func shown(_ names: [String], _ patterns: [TextPattern], spell: (String) -> String) -> String? {
        self.taken(names, patterns, spell: spell) ?? names.first
    }
}
