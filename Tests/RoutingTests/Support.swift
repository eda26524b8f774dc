import GatewayModel
import HTTPWire
import Routing
import Testing

/// A route by its shortest description: `"/a"` is a prefix, `"=/a"` an exact path, `"~a"` a regular expression.
func route(
    _ name: String, hosts: [String] = [], paths: [String] = ["/"], listeners: [String] = [], order: Int64 = 0
) throws -> CompiledRoute {
    try route(name, hosts: hosts, matches: paths.map { ["path": pathJSON($0)] }, listeners: listeners, order: order)
}

/// A route by its matches as documents have them.
func route(
    _ name: String, hosts: [String] = [], matches: [JSON], listeners: [String] = [], order: Int64 = 0
) throws -> CompiledRoute {
    let document: JSON = [
        "name": .string(name), "listeners": .array(Set(listeners).sorted().map { .string($0) }),
        "hostnames": .array(Set(hosts).sorted().map { .string($0) }), "matches": .array(matches),
        "forward": [["upstream": "origin"]],
    ]
    guard case .route(let route) = try Resource(kind: .route, name: nil, document: document).spec else {
        throw NotARoute()
    }
    var pool = PatternPool()
    return CompiledRoute(route, order: order, upstream: 0, patterns: try pool.patterns(of: route))
}

func pathJSON(_ path: String) -> JSON {
    if path.hasPrefix("=") { return ["exact": .string(String(path.dropFirst()))] }
    return path.hasPrefix("~") ? ["regex": .string(String(path.dropFirst()))] : ["prefix": .string(path)]
}

/// A match: `"GET"` is a method, `"h:name=value"` a header, `"q:…"` a query parameter, `"c:…"` a cookie; `~` in place of `=` is a
/// regular expression.
func match(_ path: String, _ conditions: [String]) -> JSON {
    var methods: [JSON] = []
    var lists: [String: [JSON]] = [:]
    for text in conditions {
        let field = ["h:": "headers", "q:": "query", "c:": "cookies"][text.prefix(2)]
        guard let field, let sign = text.firstIndex(where: { $0 == "=" || $0 == "~" }) else {
            methods.append(.string(text))
            continue
        }
        let name = text[text.index(text.startIndex, offsetBy: 2)..<sign]
        let value = JSON.string(String(text[text.index(after: sign)...]))
        let condition: JSON =
            text[sign] == "="
            ? ["name": .string(String(name)), "exact": value] : ["name": .string(String(name)), "regex": value]
        lists[field, default: []].append(condition)
    }
    var fields = JSONObject()
    fields["path"] = pathJSON(path)
    if !methods.isEmpty { fields["methods"] = .array(methods) }
    for (field, list) in lists { fields[field] = .array(list) }
    return .object(fields)
}

/// A request as it comes in; the head is a real one.
struct TestRequest {
    var method = "GET"
    var host = "h"
    var target = "/"
    var headers: [(String, String)] = []

    /// Runs a body with the request as routing sees it.
    func with<R>(_ body: (RouteRequest) -> R) throws -> R {
        var text = "\(self.method) \(self.target) HTTP/1.1\r\nHost: \(self.host.isEmpty ? "none" : self.host)\r\n"
        for (name, value) in self.headers { text += "\(name): \(value)\r\n" }
        let bytes = Array((text + "\r\n").utf8)
        var head = RequestHead()
        guard
            case .complete = head.parse(
                bytes.span, limits: HeadLimits(bytes: 1 << 20, targetBytes: 1 << 16, fields: 100))
        else { throw NotARequest(text: text) }
        return bytes.withUnsafeBytes { bytes in
            body(RouteRequest(head, of: bytes, path: UnsafeRawBufferPointer(rebasing: bytes[head.path.range])))
        }
    }
}

struct NotARequest: Error { let text: String }

struct NotARoute: Error {}

func listener(_ name: String, _ hosts: [String] = [], slot: Int = 0) throws -> RouteListener {
    RouteListener(slot: slot, name: name, hostnames: try hosts.map { try #require(HostPattern($0)) })
}

extension RouteTable {
    func name(group: Int = 0, host: String, path: String) -> String? {
        var (host, path) = (host, path)
        return host.withUTF8 { host in
            path.withUTF8 { path in
                let request = RouteRequest(path: UnsafeRawBufferPointer(path))
                let found = self.find(group: group, host: UnsafeRawBufferPointer(host), request)
                return found.route?._withUnsafeGuaranteedRef { $0.name }
            }
        }
    }

    /// The name of the route, `limit`, or `nil` for none.
    func name(group: Int = 0, _ request: TestRequest) throws -> String? {
        var host = request.host
        return try request.with { routed in
            host.withUTF8 {
                let found = self.find(group: group, host: UnsafeRawBufferPointer($0), routed)
                return found.isGivenUp ? "limit" : found.route?._withUnsafeGuaranteedRef { $0.name }
            }
        }
    }

    func explain(group: Int, host: String, path: String) -> RouteExplanation {
        var path = path
        return path.withUTF8 {
            self.explain(group: group, host: host, RouteRequest(path: UnsafeRawBufferPointer($0)))
        }
    }

    /// Prepares and commits.
    func change(
        _ upserts: [CompiledRoute], removes: [String] = [], groups: [[RouteListener]]? = nil, replacesAll: Bool = false
    ) {
        self.commit(self.prepare(upserts: upserts, removes: removes, groups: groups, replacesAll: replacesAll))
    }
}

/// A table with one listener for every host.
func table(_ routes: [CompiledRoute]) throws -> RouteTable {
    let table = RouteTable()
    table.change(routes, groups: [[try listener("web")]])
    return table
}

/// The same numbers in every run (SplitMix64, Steele 2014).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
