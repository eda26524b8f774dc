/// Conditions that all hold for a request.
package struct RouteMatch: Hashable, Sendable {
    /// The condition on the path; `/` as a prefix when none was given.
    package let path: PathMatch
    /// All others: at most one on methods, then headers, query parameters and cookies as the document has them.
    package let conditions: [Condition]

    package init(path: PathMatch, conditions: [Condition] = []) {
        self.path = path
        self.conditions = conditions
    }

    /// A condition on something else than the path.
    package enum Condition: Hashable, Sendable {
        /// One of them, upper case as in requests.
        case methods([String])
        /// The name is in lower case; the first line of that name counts.
        case header(String, ValueMatch)
        /// The name is compared decoded, as the value is; the first parameter of that name counts.
        case query(String, ValueMatch)
        /// The name is compared as it is; the first cookie of that name counts.
        case cookie(String, ValueMatch)
    }
}

/// A condition on a value, which must be there.
package enum ValueMatch: Hashable, Sendable {
    case exact(String)
    /// Found anywhere in the value unless it is anchored.
    case regex(String)
}

extension RouteMatch {
    private static let conditionLimit: Int64 = 16

    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let path = reader.read("path", default: PathMatch.prefix("/")) { json in
            collector.object(json) { PathMatch(&$0) }
        }
        var conditions: [Condition] = []
        let methods = reader.read("methods", default: []) { json in
            collector.distinctList(json) { collector.servedMethod($0) }
        }
        if !methods.isEmpty { conditions.append(.methods(methods)) }
        conditions += Self.conditions("headers", &reader, { collector.fieldName($0) }, { .header($0, $1) })
        conditions += Self.conditions("query", &reader, { collector.filledString($0) }, { .query($0, $1) })
        conditions += Self.conditions("cookies", &reader, { collector.cookieName($0) }, { .cookie($0, $1) })
        self.init(path: path, conditions: conditions)
    }

    /// Of conditions on the same name the first counts.
    static func conditions(
        _ field: String, _ reader: inout ObjectReader, _ readName: (JSON) -> String?,
        _ make: (String, ValueMatch) -> Condition
    ) -> [Condition] {
        let collector = reader.collector
        var seen: Set<String> = []
        return reader.read(field, default: []) { json in
            if json.arrayValue?.count ?? 0 > Self.conditionLimit {
                collector.report("range", "at most \(Self.conditionLimit) conditions")
            }
            return collector.list(json) { element in
                collector.object(element) { reader -> Condition? in
                    let name = reader.required("name", readName)
                    let value = ValueMatch(&reader)
                    guard let name, let value, seen.insert(name).inserted else { return nil }
                    return make(name, value)
                }
            }
        }
    }
}

extension ValueMatch {
    fileprivate init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let given = reader.present(["exact", "regex"])
        let exact = reader.optional("exact") { collector.string($0) }
        let regex = reader.optional("regex") { collector.pattern($0) }
        if given == 0 { collector.report("required", "one of exact and regex is required") }
        if given > 1 { collector.report("conflict", "exact and regex exclude each other") }
        if let exact {
            self = .exact(exact)
        } else if let regex {
            self = .regex(regex)
        } else {
            return nil
        }
    }
}

extension FaultCollector {
    /// A regular expression as text; whether it compiles is found out where it is compiled.
    func pattern(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        guard (1...1024).contains(text.utf8.count) else {
            self.report("range", "a regular expression has from 1 to 1024 bytes")
            return nil
        }
        return text
    }

    func filledString(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        if (1...1024).contains(text.utf8.count) { return text }
        self.report("range", "from 1 to 1024 bytes are required")
        return nil
    }

    /// A method (RFC 9110 section 9.1), upper case as the registered ones are.
    func method(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let isMethod = text.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "-") }
        if isMethod, (1...32).contains(text.utf8.count) { return text }
        self.report("format", "\(text.quoted) is no method", hint: "methods are in upper case: \"GET\"")
        return nil
    }

    fileprivate func servedMethod(_ json: JSON) -> String? {
        guard let method = self.method(json) else { return nil }
        guard method == "CONNECT" || method == "TRACE" else { return method }
        self.report("format", "\(method) is never served", hint: "a WebSocket handshake is a GET")
        return nil
    }

    /// A cookie's name (RFC 6265 section 4.1.1).
    func cookieName(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        if (1...256).contains(text.utf8.count), text.utf8.allSatisfy(\.isTokenByte) { return text }
        self.report("format", "\(text.quoted) is no name of a cookie")
        return nil
    }
}
