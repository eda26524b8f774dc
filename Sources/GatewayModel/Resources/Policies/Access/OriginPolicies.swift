/// Which pages of other origins may read answers (Fetch, section 3.3: the CORS protocol).
package struct CORSPolicy: Hashable, Sendable {
    /// Names that are allowed.
    package enum Names: Hashable, Sendable {
        case any
        case listed([String])
    }

    /// Never empty.
    package let origins: [OriginPattern]
    /// Upper case as registered ones are.
    package let methods: Names
    /// In lower case.
    package let headers: Names
    package let exposed: Names
    package let allowsCredentials: Bool
    /// What a preflight is good for; `nil`: the browser decides.
    package let maxAge: Milliseconds?
}

/// Whether requests that change something come from a page of the gateway's own origin.
package struct CSRFPolicy: Hashable, Sendable {
    package let additionalOrigins: [OriginPattern]
}

/// An origin (RFC 6454 section 6.2), or many.
package enum OriginPattern: Hashable, Sendable {
    case any
    /// Scheme, host and port as browsers serialise them.
    case exact(String)
    /// Any number of labels before the host, at least one; the rest from the dot on, with a port that is not the scheme's.
    case subdomains(scheme: String, suffix: String)
}

extension CORSPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let origins = reader.required("allowOrigins") { json in
            if json == [] { collector.report("range", "at least one origin is required") }
            return collector.distinctList(json) { collector.origin($0, allowsAny: true) }
        }
        self.methods = reader.read("allowMethods", default: .listed(["GET", "HEAD", "POST"])) { json in
            collector.names(json) { collector.method($0) }
        }
        self.headers = reader.read("allowHeaders", default: .listed([])) { json in
            collector.names(json) { collector.fieldName($0) }
        }
        self.exposed = reader.read("exposeHeaders", default: .listed([])) { json in
            collector.names(json) { collector.fieldName($0) }
        }
        self.allowsCredentials = reader.read("allowCredentials", default: false) { collector.boolean($0) }
        self.maxAge = reader.optional("maxAge") { collector.duration($0, atMost: 86_400_000) }
        let isMeant = reader.read("anyOriginWithCredentials", default: false) { collector.boolean($0) }
        guard let origins, !origins.isEmpty else { return nil }
        self.origins = origins
        if origins.contains(.any), self.allowsCredentials, !isMeant {
            reader.fault(
                "allowCredentials", "conflict", "every page could then act as the user who looks at it",
                hint: "list the origins, or say \"anyOriginWithCredentials\": true where that is meant")
        }
    }
}

extension CSRFPolicy {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        self.additionalOrigins = reader.read("additionalOrigins", default: []) { json in
            collector.distinctList(json) { collector.origin($0, allowsAny: false) }
        }
    }
}

extension FaultCollector {
    /// `"*"`, or a list, in which `"*"` stands alone.
    fileprivate func names(_ json: JSON, _ read: (JSON) -> String?) -> CORSPolicy.Names? {
        if json == "*" || json == ["*"] { return .any }
        return self.distinctList(json) { read($0) }.map { .listed($0) }
    }

    fileprivate func origin(_ json: JSON, allowsAny: Bool) -> OriginPattern? {
        guard let text = self.string(json) else { return nil }
        if text == "*", allowsAny { return .any }
        if let origin = OriginPattern(text) { return origin }
        let isSlash = text.hasSuffix("/") && OriginPattern(String(text.dropLast())) != nil
        self.report(
            "format", "\(text.quoted) is no origin",
            hint: isSlash ? "an origin has no path: leave the slash out" : "write \"https://app.example.com\"")
        return nil
    }
}

extension OriginPattern {
    /// `scheme://host` or `scheme://host:port` in lower case, or with `*.` before the host. The scheme's own port, which
    /// browsers leave out, is left out.
    fileprivate init?(_ text: String) {
        let text = text.lowercased()
        guard let end = text.firstRange(of: "://") else { return nil }
        let scheme = String(text[..<end.lowerBound])
        guard let first = scheme.utf8.first, (0x61...0x7A).contains(first),
            scheme.utf8.allSatisfy({
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
            })
        else { return nil }
        var host = String(text[end.upperBound...])
        var port = ""
        if let colon = host.lastIndex(of: ":"), host.last != "]" {
            guard let number = UInt16(host[host.index(after: colon)...]), number > 0 else { return nil }
            let isOwn = scheme == "https" && number == 443 || scheme == "http" && number == 80
            port = isOwn ? "" : ":\(number)"
            host = String(host[..<colon])
        }
        switch HostPattern(host) {
        case .exact(let name): self = .exact("\(scheme)://\(name)\(port)")
        case .wildcard(let suffix): self = .subdomains(scheme: scheme, suffix: ".\(suffix)\(port)")
        case nil: return nil
        }
    }

    /// - Parameter origin: as the browser sends it; compared exactly.
    package func matches(_ origin: String) -> Bool {
        switch self {
        case .any: true
        case .exact(let text): text == origin
        case .subdomains(let scheme, let suffix):
            origin.hasPrefix("\(scheme)://") && origin.hasSuffix(suffix)
                && origin.utf8.count > scheme.utf8.count + 3 + suffix.utf8.count
        }
    }
}
