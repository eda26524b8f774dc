/// The parts of an absolute URL.
struct ExplainedURL {
    /// The scheme is `https`.
    let isSecure: Bool
    /// Host and port as they stand in the URL.
    let authority: String
    /// Without port and brackets, in lower case.
    let host: String
    let port: UInt16
    /// Path and query as they stand in the URL; `/` for an empty path.
    let target: String

    /// - Returns: `nil` for what is no `http` or `https` URL with a host.
    init?(_ text: String) {
        guard let scheme = ["http", "https"].first(where: { text.lowercased().hasPrefix($0 + "://") }) else {
            return nil
        }
        let rest = text.dropFirst(scheme.utf8.count + 3)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@"), let (host, port) = Self.split(authority), !host.isEmpty else { return nil }
        self.isSecure = scheme == "https"
        self.authority = String(authority)
        self.host = host.filter { $0 != "[" && $0 != "]" }.lowercased()
        self.port = port ?? (scheme == "http" ? 80 : 443)
        let target = rest[end...].prefix { $0 != "#" }
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// Host and port of an authority; `nil` when the port is no number.
    private static func split(_ authority: some StringProtocol) -> (host: String, port: UInt16?)? {
        let afterBracket = authority.firstIndex(of: "]") ?? authority.startIndex
        var host = String(authority)
        var port: UInt16?
        if let colon = authority[afterBracket...].firstIndex(of: ":") {
            host = String(authority[..<colon])
            let digits = authority[authority.index(after: colon)...]
            guard digits.isEmpty || UInt16(digits) != nil else { return nil }
            port = UInt16(digits)
        }
        return (host, port)
    }
}
