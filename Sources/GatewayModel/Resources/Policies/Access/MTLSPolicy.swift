/// Which verified client certificates may pass: those with a name that one of the lists has.
package struct MTLSPolicy: Hashable, Sendable {
    /// What the backend is told, by field: as it was given, `nil` where it is told nothing.
    package struct Forwarding: Hashable, Sendable {
        package let subject, dnsName, uri, fingerprint: String?
    }

    /// As RFC 4514 has them.
    package let subjects: [TextPattern]
    package let dnsNames: [TextPattern]
    package let uris: [TextPattern]
    /// SHA-256 of the certificate in lower-case hex.
    package let fingerprints: [TextPattern]
    package let forwarding: Forwarding
}

/// A text to be compared with: whole, or with `*` for any run of characters.
package enum TextPattern: Hashable, Sendable {
    case exact(String)
    /// The parts between the stars, the first and the last at the ends; at least two.
    case pattern([String])

    package init(_ text: String) {
        let parts = text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        self = parts.count > 1 ? .pattern(parts) : .exact(text)
    }

    /// By bytes; each part is looked for behind the one before it, so that the work is bounded.
    package func matches(_ text: String) -> Bool {
        switch self {
        case .exact(let exact): return exact.utf8.elementsEqual(text.utf8)
        case .pattern(let parts):
            guard let first = parts.first?.utf8, let last = parts.last?.utf8, text.utf8.starts(with: first) else {
                return false
            }
            var rest = text.utf8.dropFirst(first.count)
            for part in parts.dropFirst().dropLast() where !part.isEmpty {
                guard let found = rest.firstRange(of: part.utf8) else { return false }
                rest = rest[found.upperBound...]
            }
            return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
        }
    }
}

extension MTLSPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.subjects = reader.read("subjects", default: []) { collector.textPatterns($0) }
        self.dnsNames = reader.read("dnsNames", default: []) { collector.textPatterns($0) { $0.lowercased() } }
        self.uris = reader.read("uris", default: []) { collector.textPatterns($0) }
        self.fingerprints = reader.read("fingerprints", default: []) { json in
            collector.textPatterns(json) { $0.replacing(":", with: "").lowercased() }
        }
        let forwarding = reader.optional("forward") { json in
            collector.object(json) { Forwarding(&$0) }
        }
        self.forwarding = forwarding ?? Forwarding(subject: nil, dnsName: nil, uri: nil, fingerprint: nil)
        if reader.present(["subjects", "dnsNames", "uris", "fingerprints"]) == 0 {
            collector.report(
                "required", "one of subjects, dnsNames, uris and fingerprints is required",
                hint: "\"dnsNames\": [\"*\"] takes every verified certificate with a DNS name")
        }
    }
}

extension MTLSPolicy.Forwarding {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.subject = reader.optional("subject") { collector.identityHeader($0) }
        self.dnsName = reader.optional("dnsName") { collector.identityHeader($0) }
        self.uri = reader.optional("uri") { collector.identityHeader($0) }
        self.fingerprint = reader.optional("fingerprint") { collector.identityHeader($0) }
    }
}

extension FaultCollector {
    fileprivate func textPatterns(_ json: JSON, _ spell: (String) -> String = { $0 }) -> [TextPattern]? {
        if json == [] { self.report("range", "an empty list takes nobody", hint: "leave it out") }
        return self.texts(json)?.map { TextPattern(spell($0)) }
    }
}
