/// The kinds of places in a request that rules look at.
struct FilterPlace: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let headerValue = Self(rawValue: 1 << 0)
    static let headerName = Self(rawValue: 1 << 1)
    static let cookieValue = Self(rawValue: 1 << 2)
    static let cookieName = Self(rawValue: 1 << 3)
    static let argumentValue = Self(rawValue: 1 << 4)
    static let argumentName = Self(rawValue: 1 << 5)
    static let queryValue = Self(rawValue: 1 << 6)
    static let queryName = Self(rawValue: 1 << 7)
    static let bodyValue = Self(rawValue: 1 << 8)
    static let bodyName = Self(rawValue: 1 << 9)
    static let filename = Self(rawValue: 1 << 10)
    static let basename = Self(rawValue: 1 << 11)
    static let uri = Self(rawValue: 1 << 12)
    static let rawURI = Self(rawValue: 1 << 13)
    static let line = Self(rawValue: 1 << 14)
    static let method = Self(rawValue: 1 << 15)
    static let version = Self(rawValue: 1 << 16)
    static let query = Self(rawValue: 1 << 17)
    static let body = Self(rawValue: 1 << 18)
    static let count = 19

    /// - Returns: `nil` for a place that is not known; empty for one that the requests which the filter looks at do not have.
    init?(_ name: String) {
        switch name {
        case "REQUEST_HEADERS": self = .headerValue
        case "REQUEST_HEADERS_NAMES": self = .headerName
        case "REQUEST_COOKIES": self = .cookieValue
        case "REQUEST_COOKIES_NAMES": self = .cookieName
        case "ARGS": self = .argumentValue
        case "ARGS_NAMES": self = .argumentName
        case "ARGS_GET": self = .queryValue
        case "ARGS_GET_NAMES": self = .queryName
        case "ARGS_POST": self = .bodyValue
        case "ARGS_POST_NAMES": self = .bodyName
        case "REQUEST_FILENAME": self = .filename
        case "REQUEST_BASENAME": self = .basename
        case "REQUEST_URI": self = .uri
        case "REQUEST_URI_RAW": self = .rawURI
        case "REQUEST_LINE": self = .line
        case "REQUEST_METHOD": self = .method
        case "REQUEST_PROTOCOL": self = .version
        case "QUERY_STRING": self = .query
        case "REQUEST_BODY": self = .body
        // Bodies that bring them are not looked at here, nor are those that cannot be parsed.
        case "FILES", "FILES_NAMES", "FILES_SIZES", "XML", "MULTIPART_PART_HEADERS", "MULTIPART_STRICT_ERROR",
            "MULTIPART_UNMATCHED_BOUNDARY", "MULTIPART_FILENAME", "MULTIPART_NAME", "REQBODY_ERROR":
            self = []
        default: return nil
        }
    }

    init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A set of numbered parts of rules.
struct PartSet: Sendable {
    private(set) var words: [UInt64]

    init(_ count: Int) { self.words = Array(repeating: 0, count: (count + 63) / 64) }

    mutating func insert(_ number: Int) { self.words[number / 64] |= 1 << UInt64(number % 64) }

    func contains(_ number: Int) -> Bool { self.words[number / 64] & 1 << UInt64(number % 64) != 0 }
}
