/// Where the endpoints of an upstream come from when they are not listed.
package struct Discovery: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// All addresses of the name, A and AAAA and the hosts file, at one port.
        case dns(port: UInt16)
        /// SRV (RFC 2782): targets, ports and weights; targets of a higher priority number are backups.
        case dnsSRV
    }

    package let source: Source
    /// In lower case, without a final dot.
    package let hostname: String
    /// Milliseconds after which the name is looked up again; earlier when the answer lives shorter.
    package let refresh: Milliseconds

    package init(source: Source, hostname: String, refresh: Milliseconds) {
        self.source = source
        self.hostname = hostname
        self.refresh = refresh
    }
}

extension Discovery {
    private enum Kind: String, CaseIterable {
        case fixed = "static"
        case dns
        case dnsSRV = "dns-srv"
    }

    /// - Returns: `.some(nil)` for `static`, which says that endpoints are listed.
    static func read(_ reader: inout ObjectReader) -> Discovery?? {
        let collector = reader.collector
        let kind = reader.required("type") { collector.word($0, Kind.self) }
        guard kind != .fixed else { return .some(nil) }
        let hostname = reader.required("hostname") { collector.discoveredName($0) }
        let refresh = reader.read("refresh", default: 30_000) { json -> Milliseconds? in
            guard let refresh = collector.duration(json) else { return nil }
            if refresh >= 1000 { return refresh }
            collector.report("range", "a name is looked up again after 1s at the earliest")
            return nil
        }
        if kind == .dnsSRV {
            if reader.value("port") != nil { reader.fault("port", "conflict", "the ports come with the SRV records") }
            return hostname.map { Discovery(source: .dnsSRV, hostname: $0, refresh: refresh) }
        }
        let port = reader.required("port") { collector.port($0) }
        guard kind != nil, let hostname, let port else { return nil }
        return Discovery(source: .dns(port: port), hostname: hostname, refresh: refresh)
    }
}

extension FaultCollector {
    /// A name of DNS. Those of SRV records have labels that begin with `_` (RFC 2782).
    fileprivate func discoveredName(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let name = (text.hasSuffix(".") ? String(text.dropLast()) : text).lowercased()
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            (1...253).contains(name.utf8.count)
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy {
                        $0 == 0x2D || $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
                    }
            }
        if isName { return name }
        self.report("format", "\(text.quoted) is no host name", hint: "write \"orders.shop.svc\"")
        return nil
    }
}
