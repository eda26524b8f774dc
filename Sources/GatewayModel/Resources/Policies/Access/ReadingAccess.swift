extension FaultCollector {
    /// Texts, each once, none of them empty.
    func texts(_ json: JSON) -> [String]? {
        self.distinctList(json) { self.filledString($0) }
    }

    /// The name, as it was given, of a field that tells backends who calls: the gateway alone writes it.
    func identityHeader(_ json: JSON) -> String? {
        guard let name = self.fieldName(json) else { return nil }
        let kept = [
            "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade",
            "te",
            "trailer", "content-type", "cookie", "expect", "x-request-id", "authorization", "origin", "x-api-key",
            "range",
            "via", "cache-control", "user-agent", "referer", "forwarded", "date", "etag", "vary",
        ]
        let families = ["x-forwarded-", "sec-", "access-control-", "if-", "accept", "grpc-", "content-", "proxy-"]
        guard kept.contains(name) || families.contains(where: { name.hasPrefix($0) }) else {
            return json.stringValue
        }
        self.report("conflict", "\(name) has a meaning of its own", hint: "write a name such as x-user")
        return nil
    }

    /// An absolute `http` or `https` URL without user, password and fragment (RFC 3986 section 3).
    func url(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let isClean = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}#".utf8.contains($0) }
        let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) }
        let authority = rest?.prefix { $0 != "/" && $0 != "?" } ?? ""
        if isClean, !authority.isEmpty, !authority.contains("@"), text.utf8.count <= 2048, self.isAuthority(authority) {
            return text
        }
        self.report("format", "\(text.quoted) is no URL", hint: "write \"https://login.example.com/keys\"")
        return nil
    }

    private func isAuthority(_ text: Substring) -> Bool {
        var host = text
        if let colon = text.lastIndex(of: ":"), text.last != "]" {
            guard let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return false }
            host = text[..<colon]
        }
        return HostPattern(String(host)).map { if case .exact = $0 { true } else { false } } ?? false
    }

    /// A duration in milliseconds within limits.
    func duration(_ json: JSON, atLeast least: Milliseconds = 0, atMost most: Milliseconds) -> Milliseconds? {
        guard let value = self.duration(json) else { return nil }
        if (least...most).contains(value) { return value }
        self.report("range", "must be from \(least < 1000 ? "\(least)ms" : "\(least / 1000)s") to \(most / 1000)s")
        return nil
    }
}
