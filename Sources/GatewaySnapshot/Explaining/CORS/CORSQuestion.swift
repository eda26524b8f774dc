package import GatewayModel

/// A request that a page makes, as far as browsers look at it (Fetch, section 3.3).
package struct CORSQuestion: Sendable {
    /// As browsers serialise it.
    let origin: String
    /// Normalised.
    let method: String
    let url: String
    /// Those that the page sets; `nil`: the value is not said.
    let headers: [(name: String, value: String?)]
    let sendsCredentials: Bool

    private static let fields: Set = ["origin", "method", "url", "headers", "credentials"]

    /// Reads `{origin, method, url, headers, credentials}`; `method`, `headers` and `credentials` may be left out.
    ///
    /// - Throws: all faults at once.
    package init(document: JSON) throws(Faults) {
        guard let object = document.objectValue else {
            throw Faults(faults: [
                Fault(pointer: "", code: "type", detail: "expected an object, not \(document.kindName)")
            ])
        }
        var faults = object.members.filter { !Self.fields.contains($0.name) }.map {
            Fault(pointer: "/\($0.name)", code: "unknown-field", detail: "there is no field \"\($0.name)\" here")
        }
        let texts = ["origin", "method", "url"].map { Self.text($0, of: object, &faults) }
        let headers = Self.headers(object["headers"] ?? .null, &faults)
        for (name, text) in [("origin", texts[0]), ("url", texts[2])]
        where text == nil && object[name] ?? .null == .null {
            faults.append(Fault(pointer: "/\(name)", code: "required", detail: "\(name) is required"))
        }
        if let url = texts[2], ExplainedURL(url) == nil {
            faults.append(
                Fault(
                    pointer: "/url", code: "format", detail: "\"\(url)\" is no absolute URL",
                    hint: "write \"http://shop.example/cart\""))
        }
        if let method = texts[1], method.isEmpty || !method.utf8.allSatisfy(\.isToken) {
            faults.append(Fault(pointer: "/method", code: "format", detail: "\"\(method)\" is no method"))
        }
        if let origin = texts[0], !origin.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            faults.append(Fault(pointer: "/origin", code: "format", detail: "\"\(origin)\" is no origin"))
        }
        let credentials = object["credentials"] ?? .null
        if credentials != .null, credentials.boolValue == nil {
            faults.append(Fault(pointer: "/credentials", code: "type", detail: "expected true or false"))
        }
        guard faults.isEmpty else { throw Faults(faults: faults) }
        self.origin = texts[0] ?? ""
        self.method = Self.normalised(texts[1] ?? "GET")
        self.url = texts[2] ?? ""
        self.headers = headers.filter { !FetchLists.isForbidden($0.name) }
        self.sendsCredentials = credentials.boolValue ?? false
    }

    private static func text(_ name: String, of object: JSONObject, _ faults: inout [Fault]) -> String? {
        guard let value = object[name], value != .null else { return nil }
        if let text = value.stringValue { return text }
        faults.append(Fault(pointer: "/\(name)", code: "type", detail: "expected a string, not \(value.kindName)"))
        return nil
    }

    /// A list of names, or names and their values.
    private static func headers(_ json: JSON, _ faults: inout [Fault]) -> [(name: String, value: String?)] {
        guard json != .null else { return [] }
        let listed = json.arrayValue.map { $0.map { (name: $0.stringValue ?? "", value: String?.none) } }
        let valued = json.objectValue.map { $0.members.map { (name: $0.name, value: $0.value.stringValue) } }
        let isRight = json.objectValue?.members.allSatisfy { $0.value.stringValue != nil } ?? true
        guard let headers = listed ?? valued, isRight else {
            faults.append(
                Fault(
                    pointer: "/headers", code: "type",
                    detail: "expected a list of names, or an object of names and values"))
            return []
        }
        for header in headers where header.name.isEmpty || !header.name.utf8.allSatisfy(\.isToken) {
            faults.append(Fault(pointer: "/headers", code: "format", detail: "\"\(header.name)\" is no field name"))
        }
        for header in headers where header.value?.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) == false {
            faults.append(Fault(pointer: "/headers", code: "format", detail: "a control character is in a header"))
        }
        return headers.map { (name: $0.name.lowercased(), value: $0.value) }
    }

    /// What browsers make of the names of methods (Fetch, section 2.2.1, "normalize").
    private static func normalised(_ method: String) -> String {
        let upper = method.uppercased()
        return ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].contains(upper) ? upper : method
    }
}

extension CORSQuestion {
    /// The names of fields that a page may set only with leave, as a preflight lists them (Fetch, "CORS-unsafe request-header
    /// names").
    var unsafeHeaders: [String] {
        let safe = self.headers.filter { FetchLists.isSafelisted($0.name, $0.value) }
        let size = safe.reduce(0) { $0 + ($1.value?.utf8.count ?? 0) }
        let unsafe = size > 1024 ? self.headers : self.headers.filter { !FetchLists.isSafelisted($0.name, $0.value) }
        return Set(unsafe.map(\.name)).sorted()
    }

    var isSafelistedMethod: Bool { ["GET", "HEAD", "POST"].contains(self.method) }
    var isPreflighted: Bool { !self.isSafelistedMethod || !self.unsafeHeaders.isEmpty }
    /// Pages may not send it (Fetch, section 2.2.1).
    var isForbiddenMethod: Bool { ["CONNECT", "TRACE", "TRACK"].contains(self.method.uppercased()) }
}

extension UInt8 {
    fileprivate var isToken: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
