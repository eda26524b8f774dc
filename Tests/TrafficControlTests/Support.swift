import AccessControl
import Firewall
import GatewayModel
import HTTPWire
import RateLimiting
import Routing
import TrafficControl

struct Unusable: Error { let what: String }

/// A request as it comes in; the head is a real one, and its path is canonical.
struct TestRequest {
    var method = "GET"
    var target = "/"
    var headers: [(String, String)] = []
    var client = "192.0.2.1"
    var findings: AccessFindings?

    func with<R>(_ body: (LimitedRequest) throws -> R) throws -> R {
        var text = "\(self.method) \(self.target) HTTP/1.1\r\nHost: shop.example\r\n"
        for (name, value) in self.headers { text += "\(name): \(value)\r\n" }
        let bytes = Array((text + "\r\n").utf8)
        var head = RequestHead()
        let limits = HeadLimits(bytes: 1 << 20, targetBytes: 1 << 16, fields: 100)
        guard case .complete = head.parse(bytes.span, limits: limits), let client = IPBytes(text: self.client) else {
            throw Unusable(what: text)
        }
        return try withExtendedLifetime(self.findings) {
            try bytes.withUnsafeBytes { bytes in
                let path = UnsafeRawBufferPointer(rebasing: bytes[head.path.range])
                let request = RouteRequest(head, of: bytes, path: path)
                return try body(
                    LimitedRequest(request, client: client, findings: self.findings.map { .passUnretained($0) }))
            }
        }
    }
}

/// What a token says.
final class TestClaims: AccessClaims {
    let scopes: [String] = []
    let members: [String: JSON]

    init(_ members: [String: JSON]) { self.members = members }

    func value(at path: [String]) -> JSON? { self.members[path.joined(separator: "/")] }
}

func trafficPolicy(_ name: String, _ document: JSON) throws -> TrafficPolicy {
    guard case .trafficPolicy(let policy) = try Resource(kind: .trafficPolicy, name: name, document: document).spec
    else {
        throw Unusable(what: name)
    }
    return policy
}

func resources(_ policies: [(String, JSON)]) throws -> TrafficResources {
    var resources = TrafficResources(FirewallLibrary(coreRules: "", filters: false))
    for (name, document) in policies {
        if let fault = resources.set(try trafficPolicy(name, document)) { throw Unusable(what: fault) }
    }
    return resources
}

/// A policy with these limits, compiled.
func rateLimit(_ limits: [JSON], name: String = "per-user") throws -> RateLimitRule {
    let document: JSON = ["type": "rate-limit", "rateLimit": ["limits": .array(limits)]]
    guard let rule = try resources([(name, document)]).plan([name])?.limits.first else { throw Unusable(what: name) }
    return rule
}

extension RateLimitRule {
    func key(_ request: TestRequest, limit: Int = 0, seed: UInt64 = 7) throws -> UInt64 {
        try request.with { self.limits[limit].key(of: $0, seed: seed) }
    }
}
