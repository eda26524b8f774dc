package import AccessControl
package import GatewayModel
import HTTPWire

/// A request that somebody wants explained.
package struct ExplainRequest: Sendable {
    package let method: String
    /// Absolute: `http://shop.example:8080/cart`.
    package let url: String
    package let headers: [(name: String, value: String)]
    /// Who connects: an IP address.
    package let clientAddress: String
    /// The verified certificate of the client's.
    package let certificate: CertificateNames?

    package init(
        method: String, url: String, headers: [(name: String, value: String)] = [], clientAddress: String = "127.0.0.1",
        certificate: CertificateNames? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.clientAddress = clientAddress
        self.certificate = certificate
    }

    /// Without the fields of these names, which are in lower case; and which of them there were.
    func without(_ names: Set<String>) -> (request: ExplainRequest, found: [String]) {
        let found = self.headers.map { $0.name.lowercased() }.filter(names.contains)
        guard !found.isEmpty else { return (self, []) }
        let request = ExplainRequest(
            method: self.method, url: self.url, headers: self.headers.filter { !names.contains($0.name.lowercased()) },
            clientAddress: self.clientAddress, certificate: self.certificate)
        return (request, Set(found).sorted())
    }

    /// What a `Host` field would be: of the headers, or the URL's.
    var host: String? { self.headers.first { $0.name.lowercased() == "host" }?.value }
}

extension ExplainRequest {
    private static let fields: Set = ["method", "url", "headers", "clientAddress", "clientCertificate"]

    /// Reads `{method, url, headers, clientAddress, clientCertificate}`; all but `url` may be left out.
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
        let texts = ["method", "url", "clientAddress"].map { Self.text($0, of: object, &faults) }
        let headers = Self.headers(object["headers"] ?? .null, &faults)
        let certificate = Self.certificate(object["clientCertificate"] ?? .null, &faults)
        if let url = texts[1] {
            if ExplainedURL(url) == nil {
                faults.append(
                    Fault(
                        pointer: "/url", code: "format", detail: "\"\(url)\" is no absolute URL",
                        hint: "write \"http://shop.example/cart\""))
            }
        } else if object["url"] ?? .null == .null {
            faults.append(Fault(pointer: "/url", code: "required", detail: "url is required"))
        }
        if let address = texts[2], IPAddress(address) == nil {
            faults.append(
                Fault(
                    pointer: "/clientAddress", code: "format", detail: "\"\(address)\" is no IP address",
                    hint: "write \"203.0.113.7\" or \"2001:db8::7\", without brackets and port"))
        }
        if let method = texts[0], method.isEmpty || !method.utf8.allSatisfy(\.isToken) {
            faults.append(
                Fault(
                    pointer: "/method", code: "format", detail: "\"\(method)\" is no method", hint: "write \"GET\""))
        }
        guard faults.isEmpty else { throw Faults(faults: faults) }
        self.init(
            method: texts[0] ?? "GET", url: texts[1] ?? "", headers: headers, clientAddress: texts[2] ?? "127.0.0.1",
            certificate: certificate)
    }

    /// `{subject, dnsNames, uris, fingerprint}`; all may be left out.
    private static func certificate(_ json: JSON, _ faults: inout [Fault]) -> CertificateNames? {
        guard json != .null else { return nil }
        let names = ["subject", "dnsNames", "uris", "fingerprint"]
        var isRight = json.objectValue?.members.allSatisfy { names.contains($0.name) } ?? false
        func text(_ name: String) -> String {
            guard let value = json[name], value != .null else { return "" }
            if value.stringValue == nil { isRight = false }
            return value.stringValue ?? ""
        }
        func list(_ name: String) -> [String] {
            guard let value = json[name], value != .null else { return [] }
            let texts = value.arrayValue?.compactMap(\.stringValue)
            if texts == nil || texts?.count != value.arrayValue?.count { isRight = false }
            return texts ?? []
        }
        let certificate = CertificateNames(
            subject: text("subject"), dnsNames: list("dnsNames"), uris: list("uris"),
            fingerprint: text("fingerprint").replacing(":", with: "").lowercased())
        if isRight { return certificate }
        faults.append(
            Fault(
                pointer: "/clientCertificate", code: "type",
                detail: "expected an object with the texts subject and fingerprint and the lists dnsNames and uris"))
        return nil
    }

    private static func text(_ name: String, of object: JSONObject, _ faults: inout [Fault]) -> String? {
        guard let value = object[name], value != .null else { return nil }
        if let text = value.stringValue { return text }
        faults.append(
            Fault(pointer: "/\(name)", code: "type", detail: "expected a string, not \(value.kindName)"))
        return nil
    }

    /// A value is a string, or a list of them for several lines of one name.
    private static func headers(_ json: JSON, _ faults: inout [Fault]) -> [(name: String, value: String)] {
        guard json != .null else { return [] }
        var headers: [(name: String, value: String)] = []
        var isRight = json.objectValue != nil
        for member in json.objectValue?.members ?? [] {
            let values = member.value.arrayValue ?? [member.value]
            let texts = values.compactMap(\.stringValue)
            if texts.count < values.count { isRight = false }
            headers += texts.map { (name: member.name, value: $0) }
        }
        if !isRight {
            faults.append(
                Fault(pointer: "/headers", code: "type", detail: "expected an object of names and their values"))
        }
        let isPlain = headers.allSatisfy { header in
            (header.name + header.value).utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A }
        }
        if !isPlain { faults.append(Fault(pointer: "/headers", code: "format", detail: "a line end is in a header")) }
        return headers
    }
}
