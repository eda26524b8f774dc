/// Where in a request a credential stands.
package enum CredentialSource: Hashable, Sendable {
    /// A field by its name in lower case; what stands before the credential is left out, and must be there.
    case header(name: String, prefix: String)
    case query(String)
    case cookie(String)

    /// `Authorization: Bearer …` (RFC 6750 section 2.1).
    package static let bearer = CredentialSource.header(name: "authorization", prefix: "Bearer ")
}

extension CredentialSource {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let given = reader.present(["header", "query", "cookie"])
        let header = reader.optional("header") { collector.fieldName($0) }
        let query = reader.optional("query") { collector.filledString($0) }
        let cookie = reader.optional("cookie") { collector.cookieName($0) }
        let prefix = reader.optional("prefix") { collector.string($0) }
        if given == 0 { collector.report("required", "one of header, query and cookie is required") }
        if given > 1 { collector.report("conflict", "header, query and cookie exclude each other") }
        if prefix != nil, header == nil { reader.fault("prefix", "conflict", "prefix goes with header") }
        if let header {
            self = .header(name: header, prefix: prefix ?? (header == "authorization" ? "Bearer " : ""))
        } else if let query {
            self = .query(query)
        } else if let cookie {
            self = .cookie(cookie)
        } else {
            return nil
        }
    }
}

extension FaultCollector {
    private static let sourceLimit = 8

    func sources(_ json: JSON) -> [CredentialSource]? {
        let sources = self.distinctList(json) { json in self.object(json) { CredentialSource(&$0) } }
        if sources?.isEmpty == true, json == [] { self.report("range", "at least one place is required") }
        if sources?.count ?? 0 > Self.sourceLimit { self.report("range", "at most \(Self.sourceLimit) places") }
        return sources
    }
}
