/// What a backend sees instead of what the client asked for.
package struct Rewrite: Hashable, Sendable {
    /// In place of the client's Host.
    package let hostname: String?
    package let path: PathRewrite?
}

/// Another path; the query stays.
package enum PathRewrite: Hashable, Sendable {
    case replaceFull(String)
    /// In place of the prefix that matched.
    case replacePrefix(String)
    /// Every part of the path that the pattern finds becomes `substitution`, where `$1` or `${name}` is a group.
    case regex(String, substitution: String)
}

/// An answer that sends the client elsewhere.
package struct Redirect: Hashable, Sendable {
    /// `http` or `https`; `nil`: the request's.
    package let scheme: String?
    package let hostname: String?
    package let port: UInt16?
    /// `nil`: the request's path and query.
    package let path: PathRewrite?
    package let status: UInt16
}

/// An answer that needs no backend.
package struct FixedResponse: Hashable, Sendable {
    package var status: UInt16 = 200
    package var contentType = "text/plain; charset=utf-8"
    package var body = ""
    package var headers: [HeaderRules.Field] = []
}

extension Rewrite {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let hostname = reader.optional("hostname") { collector.oneHost($0) }
        let path = reader.optional("path") { json in
            collector.object(json) { PathRewrite(&$0, allowsRegex: true) }
        }
        self.init(hostname: hostname, path: path)
    }
}

extension PathRewrite {
    fileprivate init?(_ reader: inout ObjectReader, allowsRegex: Bool) {
        let collector = reader.collector
        let names = ["replaceFull", "replacePrefix"] + (allowsRegex ? ["regex"] : [])
        let given = reader.present(names)
        let full = reader.optional("replaceFull") { collector.newPath($0, allowsEmpty: false) }
        let prefix = reader.optional("replacePrefix") { collector.newPath($0, allowsEmpty: true) }
        let regex = allowsRegex ? reader.optional("regex") { collector.pattern($0) } : nil
        let substitution =
            allowsRegex
            ? reader.optional("substitution") { collector.newPath($0, allowsEmpty: true, allowsAny: true) } : nil
        if given == 0 { collector.report("required", "one of \(names.joined(separator: ", ")) is required") }
        if given > 1 { collector.report("conflict", "\(names.joined(separator: ", ")) exclude each other") }
        if allowsRegex, reader.present(["regex"]) != reader.present(["substitution"]) {
            collector.report("required", "regex and substitution go together")
        }
        if let full {
            self = .replaceFull(full)
        } else if let prefix {
            self = .replacePrefix(prefix)
        } else if let regex, let substitution {
            self = .regex(regex, substitution: substitution)
        } else {
            return nil
        }
    }
}

extension Redirect {
    private static let statuses: [Int64] = [301, 302, 303, 307, 308]

    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let scheme = reader.optional("scheme") { collector.scheme($0) }
        let hostname = reader.optional("hostname") { collector.oneHost($0) }
        let port = reader.optional("port") { collector.port($0) }
        let path = reader.optional("path") { json in
            collector.object(json) { PathRewrite(&$0, allowsRegex: false) }
        }
        let status = reader.read("status", default: 302) { json -> UInt16? in
            guard let status = collector.integer(json, in: 100...999) else { return nil }
            if Self.statuses.contains(status) { return UInt16(clamping: status) }
            collector.report("range", "a redirect is one of 301, 302, 303, 307 and 308")
            return nil
        }
        if reader.present(["scheme", "hostname", "port", "path"]) == 0 {
            collector.report("required", "a redirect changes at least one of scheme, hostname, port and path")
        }
        self.init(scheme: scheme, hostname: hostname, port: port, path: path, status: status)
    }
}

extension FixedResponse {
    init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.status = reader.read("status", default: self.status) {
            collector.integer($0, in: 200...599).map { UInt16(clamping: $0) }
        }
        self.contentType = reader.read("contentType", default: self.contentType) { collector.fieldValue($0) }
        self.body = reader.read("body", default: self.body) { json in
            guard let text = collector.string(json) else { return nil }
            if text.utf8.count <= 1 << 16 { return text }
            collector.report("range", "a body here has at most 64 KiB", hint: "serve larger ones from a backend")
            return nil
        }
        self.headers = reader.read("headers", default: []) { json in
            let fields = collector.headerFields(json, allowsLists: true)
            for field in fields ?? [] where field.name.lowercased() == "content-type" {
                collector.inside(.member(field.name)) { collector.report("conflict", "contentType says this") }
            }
            return fields
        }
        if self.status == 204 || self.status == 304, !self.body.isEmpty {
            reader.fault("body", "conflict", "an answer of status \(self.status) has no body")
        }
    }
}

extension FaultCollector {
    fileprivate func scheme(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        if text == "http" || text == "https" { return text }
        self.report("format", "\(text.quoted) is none of http, https")
        return nil
    }

    /// A name of one host, in lower case.
    func oneHost(_ json: JSON) -> String? {
        guard let pattern = self.hostPattern(json) else { return nil }
        if case .exact(let name) = pattern { return name }
        self.report("format", "\(pattern.text.quoted) is no name of one host")
        return nil
    }

    /// A path, or with `allowsAny` a part of one, as it goes on the wire.
    fileprivate func newPath(_ json: JSON, allowsEmpty: Bool, allowsAny: Bool = false) -> String? {
        guard let text = self.string(json) else { return nil }
        let isStart = text.utf8.first == UInt8(ascii: "/") || allowsAny || text.isEmpty && allowsEmpty
        let isClean = text.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "?")
        }
        if isStart, isClean, text.utf8.count <= 4096 { return text }
        self.report(
            "format", "\(text.quoted) is no path",
            hint: "a path begins with / and has no spaces, ?, # or characters beyond ASCII")
        return nil
    }
}
