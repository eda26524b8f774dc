/// What routing needs of an absolute URL.
struct ExplainedURL {
    /// Lower-case, without port and final dot.
    let host: String
    let port: UInt16
    /// Without query and fragment; dot segments and double slashes are resolved, parameters of segments cut.
    let path: String

    /// - Returns: `nil` for what is no `http` or `https` URL with a host.
    init?(_ text: String) {
        guard let scheme = ["http", "https"].first(where: { text.lowercased().hasPrefix($0 + "://") }) else {
            return nil
        }
        let rest = text.dropFirst(scheme.utf8.count + 3)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@"), let (host, port) = Self.split(authority) else { return nil }
        guard !host.isEmpty else { return nil }
        self.host = host
        self.port = port ?? (scheme == "http" ? 80 : 443)
        self.path = Self.normalised(rest[end...].prefix { $0 != "?" && $0 != "#" })
    }

    /// Host and port of an authority or a `Host` field; `nil` when the port is no number.
    static func split(_ authority: some StringProtocol) -> (host: String, port: UInt16?)? {
        let afterBracket = authority.firstIndex(of: "]") ?? authority.startIndex
        var host = String(authority)
        var port: UInt16?
        if let colon = authority[afterBracket...].firstIndex(of: ":") {
            host = String(authority[..<colon])
            let digits = authority[authority.index(after: colon)...]
            guard digits.isEmpty || UInt16(digits) != nil else { return nil }
            port = UInt16(digits)
        }
        if host.hasSuffix(".") { host.removeLast() }
        return (host.lowercased(), port)
    }

    private static func normalised(_ path: some StringProtocol) -> String {
        var segments: [Substring] = []
        let parts = String(path).split(separator: "/", omittingEmptySubsequences: true)
        for part in parts {
            let segment = part.prefix { $0 != ";" }
            switch segment {
            case ".": break
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        let endsInFolder = path.hasSuffix("/") || parts.last == "." || parts.last == ".."
        return "/" + segments.joined(separator: "/") + (endsInFolder && !segments.isEmpty ? "/" : "")
    }
}
