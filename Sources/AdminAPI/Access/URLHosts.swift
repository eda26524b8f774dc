import GatewayModel

/// The hosts that URLs in documents may name: gateways fetch from them, and an editor must not be able to send a gateway to
/// whatever its network reaches.
package struct URLHosts: Sendable {
    /// `nil`: any host.
    private let patterns: [HostPattern]?

    /// Any host.
    package static let any = URLHosts(patterns: nil)

    private init(patterns: [HostPattern]?) { self.patterns = patterns }

    /// - Returns: `nil` when one of the texts is neither a host's name nor `*.` and a domain.
    package init?(_ texts: [String]) {
        var patterns: [HostPattern] = []
        for text in texts {
            guard let pattern = HostPattern(text) else { return nil }
            patterns.append(pattern)
        }
        self.patterns = patterns.isEmpty ? nil : patterns
    }

    func allows(_ host: String) -> Bool {
        guard let patterns else { return true }
        return patterns.contains { pattern in
            switch pattern {
            case .exact(let name): name == host
            case .wildcard(let suffix): host.hasSuffix("." + suffix)
            }
        }
    }
}

extension ControlState {
    /// URLs whose hosts the operator has not allowed. What is stored already goes on being served.
    nonisolated func urlFaults(of resource: Resource) -> [Fault] {
        resource.keySetURLs.filter { !self.urlHosts.allows($0.host) }.map { url in
            Fault(
                pointer: url.pointer, code: "forbidden-host",
                detail: "the operator of this control plane allows no URLs to \(url.host.quoted)",
                hint: "see --allow-url-hosts of sluice-control")
        }
    }
}

/// A URL in a document that gateways fetch from.
struct FetchedURL {
    let pointer: String
    let host: String
    let isSecure: Bool

    /// This machine reaches itself without a network that others could listen to.
    var isLoopback: Bool { self.host == "localhost" || self.host.hasPrefix("127.") || self.host == "::1" }
}

extension Resource {
    /// Where key sets are fetched from.
    var keySetURLs: [FetchedURL] {
        guard case .authPolicy(let policy) = self.spec, case .jwt(let jwt) = policy.settings else { return [] }
        return jwt.providers.enumerated().compactMap { index, provider in
            guard case .remote(let uri, _) = provider.keys else { return nil }
            return FetchedURL(uri, pointer: "/jwt/providers/\(index)/jwks/uri")
        }
    }

    /// Keys that anybody on the way can exchange.
    var insecureURLFaults: [Fault] {
        self.keySetURLs.filter { !$0.isSecure && !$0.isLoopback }.map { url in
            Fault(
                pointer: url.pointer, code: "insecure-url",
                detail: "keys that come over http can be exchanged by anybody on the way")
        }
    }
}

extension FetchedURL {
    /// The host stands behind `//` and before what follows it, without name, password and port (RFC 3986 section 3.2).
    fileprivate init(_ text: String, pointer: String) {
        self.pointer = pointer
        self.isSecure = text.lowercased().hasPrefix("https:")
        let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\\" }
        let place = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let host = place.hasPrefix("[") ? place.dropFirst().prefix { $0 != "]" } : place.prefix { $0 != ":" }
        let name = host.lowercased()
        self.host = name.hasSuffix(".") ? String(name.dropLast()) : name
    }
}
