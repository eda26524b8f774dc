import AccessControl
import GatewayModel
import HTTPWire
import Routing
import Testing

/// A request as it comes in; the head is a real one, and the path is made canonical as workers make it.
struct TestRequest {
    var method = "GET"
    var target = "/"
    var headers: [(String, String)] = []
    var host = "shop.example"
    var client = "192.0.2.1"
    var isSecure = true
    var certificate: CertificateNames?

    init(
        _ method: String = "GET", _ target: String = "/", _ headers: [(String, String)] = [],
        client: String = "192.0.2.1",
        isSecure: Bool = true, host: String = "shop.example", certificate: CertificateNames? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.client = client
        self.isSecure = isSecure
        self.host = host
        self.certificate = certificate
    }

    func with<R>(_ body: (AccessRequest) -> R) throws -> R {
        var text = "\(self.method) \(self.target) HTTP/1.1\r\nHost: \(self.host)\r\n"
        for (name, value) in self.headers { text += "\(name): \(value)\r\n" }
        let bytes = Array((text + "\r\n").utf8)
        var head = RequestHead()
        let limits = HeadLimits(bytes: 1 << 20, targetBytes: 1 << 16, fields: 100)
        guard case .complete = head.parse(bytes.span, limits: limits), let client = IPBytes(text: self.client) else {
            throw Unusable(what: text)
        }
        let path = try Self.canonical(Array(bytes[head.path.range]))
        return bytes.withUnsafeBytes { bytes in
            path.withUnsafeBytes { path in
                let authority = UnsafeRawBufferPointer(rebasing: bytes[head.authority.range])
                return body(
                    AccessRequest(
                        RouteRequest(head, of: bytes, path: path), client: client, isSecure: self.isSecure,
                        authority: authority, certificate: self.certificate))
            }
        }
    }

    private static func canonical(_ sent: [UInt8]) throws -> [UInt8] {
        let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: sent.count * 2)
        defer { scratch.deallocate() }
        let outcome = RequestPath(normalising: sent.span, scratch: scratch)
        switch outcome {
        case .plain: return sent
        case .rewritten(let wire, let match): return Array(scratch[wire..<(wire + match)])
        case .refused: throw Unusable(what: "a path that is refused")
        }
    }
}

struct Unusable: Error { let what: String }

/// Policies and consumers of a small configuration.
struct TestAccess {
    var resources = AccessResources()

    /// - Parameter policies: a name and the rest of the document.
    init(_ policies: [(String, JSON)], consumers: [JSON] = []) throws {
        for (name, document) in policies {
            guard case .authPolicy(let policy) = try Resource(kind: .authPolicy, name: name, document: document).spec
            else {
                throw Unusable(what: name)
            }
            if let fault = self.resources.set(policy) { throw Unusable(what: fault) }
        }
        for document in consumers {
            self.resources.set(consumer: try Resource(kind: .consumer, name: nil, document: document))
        }
        self.resources.finish()
    }

    /// A check of a route alone.
    init(_ type: String, _ settings: JSON, observe: Bool = false, consumers: [JSON] = []) throws {
        let field = AuthPolicy.PolicyType(rawValue: type)?.field ?? type
        let document: JSON = [
            "type": .string(type), field: settings, "observe": .bool(observe),
        ]
        try self.init([("rule", document)], consumers: consumers)
    }

    func check(listener: [String] = [], route: [String] = ["rule"]) -> AccessCheck {
        AccessCheck(
            listener: self.resources.plan(listener), route: self.resources.plan(route),
            consumers: self.resources.directory)
    }

    /// What becomes of a request at a route with the policy `rule`.
    func outcome(
        _ request: TestRequest, _ findings: AccessFindings = AccessFindings(), _ memory: AccessMemory = AccessMemory()
    ) throws -> String {
        try self.check().outcome(request, findings, memory)
    }
}

extension AccessCheck {
    /// `pass`, the code of the reason, or `waits`.
    func outcome(
        _ request: TestRequest, _ findings: AccessFindings = AccessFindings(), _ memory: AccessMemory = AccessMemory()
    ) throws -> String {
        try request.with { request in
            switch self.verdict(request, findings, memory) {
            case .pass: "pass"
            case .refused(let refusal): "\(refusal.reason.code)"
            case .waits: "waits"
            }
        }
    }

    func refusal(_ request: TestRequest, _ findings: AccessFindings = AccessFindings()) throws -> AccessRefusal? {
        try request.with { request in
            if case .refused(let refusal) = self.verdict(request, findings, AccessMemory()) { refusal } else { nil }
        }
    }

    func wait(_ request: TestRequest, _ findings: AccessFindings) throws -> AccessWait? {
        try request.with { request in
            if case .waits(let wait) = self.verdict(request, findings, AccessMemory()) { wait } else { nil }
        }
    }
}

extension AccessFindings {
    var text: String { String(decoding: self.lines, as: UTF8.self) }
}

/// A token that was taken.
final class TestClaims: AccessClaims {
    let scopes: [String]
    private let json: JSON

    init(_ json: JSON, scopes: [String] = []) {
        self.json = json
        self.scopes = scopes
    }

    func value(at path: [String]) -> JSON? { path.reduce(Optional(self.json)) { $0?[$1] } }
}

/// SHA-256 of `secret-key`, as the control plane keeps it.
let keyHash = "85dbe15d75ef9308c7ae0f33c7a324cc6f4bf519a2ed2f3027bd33c140a4f9aa"
let bcrypt = "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"

/// A consumer with the key `secret-key` and a password.
func consumer(_ name: String = "ci", labels: JSON = [:], key: String? = keyHash, user: String? = "ci") -> JSON {
    var secrets = Secrets()
    var members: JSONObject = ["name": .string(name), "labels": labels]
    if let key {
        secrets["/apiKeys/k1"] = key
        members["apiKeys"] = [["id": "k1"]]
    }
    if let user {
        secrets["/basic/password"] = bcrypt
        members["basic"] = ["username": .string(user)]
    }
    members["secrets"] = .string(secrets.text)
    return .object(members)
}

/// A field of RFC 7617.
func basic(_ text: String) -> (String, String) {
    ("Authorization", "Basic " + String(decoding: Array(text.utf8).base64, as: UTF8.self))
}
