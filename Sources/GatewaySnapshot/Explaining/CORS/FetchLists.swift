/// Lists and rules of the Fetch standard on the fields of requests.
enum FetchLists {
    private static let forbidden: Set = [
        "accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
        "access-control-request-private-network", "connection", "content-length", "cookie", "cookie2", "date", "dnt",
        "expect", "host", "keep-alive", "origin", "referer", "set-cookie", "te", "trailer", "transfer-encoding",
        "upgrade", "via",
    ]

    /// Browsers leave it out, whatever a page says ("forbidden request-header").
    static func isForbidden(_ name: String) -> Bool {
        Self.forbidden.contains(name) || name.hasPrefix("proxy-") || name.hasPrefix("sec-")
    }

    /// Needs no leave ("CORS-safelisted request-header").
    ///
    /// - Parameter value: `nil`, which is not said, is taken for one that needs leave where there are such.
    static func isSafelisted(_ name: String, _ value: String?) -> Bool {
        guard let value else { return ["accept", "accept-language", "content-language"].contains(name) }
        guard value.utf8.count <= 128 else { return false }
        switch name {
        case "accept": return !value.utf8.contains(where: Self.isUnsafe)
        case "accept-language", "content-language": return value.utf8.allSatisfy(Self.isOfLanguage)
        case "content-type": return !value.utf8.contains(where: Self.isUnsafe) && Self.isSafe(type: value)
        case "range": return Self.isSimple(range: value)
        default: return false
        }
    }

    private static func isSafe(type value: String) -> Bool {
        let essence = value.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        return ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"].contains(essence)
    }

    /// `bytes=5-` or `bytes=5-9`.
    private static func isSimple(range value: String) -> Bool {
        guard value.lowercased().hasPrefix("bytes=") else { return false }
        let ends = value.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, !ends[0].isEmpty else { return false }
        return ends.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }

    private static func isUnsafe(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != 0x09 || byte == 0x7F || "\"():<>?@[\\]{}".utf8.contains(byte)
    }

    private static func isOfLanguage(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: " *,-.;=".utf8.contains(byte)
        }
    }
}
