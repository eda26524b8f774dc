/// A part of what requests are told apart by where they are counted. A request that lacks it is counted with all that do.
package enum LimitKeyPart: Hashable, Sendable {
    /// IPv6 by its /64, which is what one customer gets.
    case clientAddress
    /// The first line of that name, in lower case.
    case header(String)
    /// Of a verified token, as a path: `a.b`.
    case claim(String)
    case consumer
    case cookie(String)
    /// The first parameter of that name, decoded.
    case query(String)
    /// The canonical path, without the query.
    case path
    case method

    /// The access rules must have found it out.
    package var isFoundOut: Bool {
        switch self {
        case .claim, .consumer: true
        case .clientAddress, .header, .cookie, .query, .path, .method: false
        }
    }
}

extension LimitKeyPart {
    private static let words = ["clientAddress", "header", "claim", "consumer", "cookie", "query", "path", "method"]

    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let given = reader.present(Self.words)
        var parts: [LimitKeyPart] = []
        for (word, part) in [
            ("clientAddress", Self.clientAddress), ("consumer", .consumer), ("path", .path), ("method", .method),
        ] {
            let isMeant = reader.optional(word) { json -> Bool? in
                if json != true { collector.report("format", "write true, or leave it out") }
                return json == true
            }
            if isMeant == true { parts.append(part) }
        }
        if let name = reader.optional("header", { collector.fieldName($0) }) { parts.append(.header(name)) }
        if let name = reader.optional("claim", { collector.filledString($0) }) { parts.append(.claim(name)) }
        if let name = reader.optional("cookie", { collector.cookieName($0) }) { parts.append(.cookie(name)) }
        if let name = reader.optional("query", { collector.filledString($0) }) { parts.append(.query(name)) }
        if given == 0 { collector.report("required", "one of \(Self.words.joined(separator: ", ")) is required") }
        if given > 1 {
            collector.report("conflict", "one part says one thing", hint: "write several parts: they make one key")
        }
        guard given == 1, let part = parts.first else { return nil }
        self = part
    }
}

extension FaultCollector {
    private static let keyLimit = 8

    /// Parts that together make one key; none: all requests are counted together.
    func limitKey(_ json: JSON) -> [LimitKeyPart]? {
        let parts = self.distinctList(json) { json in self.object(json) { LimitKeyPart(&$0) } }
        if parts?.count ?? 0 > Self.keyLimit { self.report("range", "at most \(Self.keyLimit) parts") }
        return parts
    }
}
