import AccessControl
import GatewayModel
import HTTPWire
import Testing

@Suite("The fields of CORS")
struct CORSRuleTests {
    private static func rule(_ settings: JSON) throws -> CORSRule {
        let document: JSON = ["name": "pages", "type": "cors", "cors": settings]
        let resource = try Resource(kind: .authPolicy, name: nil, document: document)
        guard case .authPolicy(let policy) = resource.spec, case .cors(let cors) = policy.settings else {
            throw NotCORS()
        }
        return CORSRule("pages", cors)
    }

    private static func lines(_ rule: CORSRule, _ write: (inout ByteWriter) -> Void) -> [String] {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)
        defer { memory.deallocate() }
        var writer = ByteWriter(memory, capacity: 4096)
        write(&writer)
        let text = String(decoding: UnsafeBufferPointer(start: memory, count: writer.count), as: UTF8.self)
        return text.split(separator: "\r\n").map(String.init)
    }

    private static func answer(_ settings: JSON, _ origin: String?) throws -> [String] {
        let rule = try Self.rule(settings)
        let bytes = Array((origin ?? "").utf8)
        return Self.lines(rule) { writer in
            bytes.withUnsafeBytes { rule.append(for: origin == nil ? nil : $0, to: &writer) }
        }
    }

    @Test(
        "Origins are compared exactly, as browsers serialise them",
        arguments: [
            ("https://app.example.com", "https://app.example.com", true),
            ("https://App.Example.com:443", "https://app.example.com", true),
            ("http://localhost:5173", "http://localhost:5173", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", true), ("http://[::1]:8080", "http://[::1]:8080", true),
            ("https://app.example.com", "https://app.example.com:443", false),
            ("https://app.example.com", "http://app.example.com", false),
            ("https://app.example.com", "https://app.example.com/", false),
            ("https://app.example.com", "https://app.example.com.evil.com", false),
            ("https://app.example.com", "https://app.example.co", false),
            ("https://app.example.com", "HTTPS://app.example.com", false), ("https://app.example.com", "null", false),
            ("https://app.example.com", "", false), ("https://*.example.com", "https://a.example.com", true),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://.example.com", false),
            ("https://*.example.com", "https://evilexample.com", false),
            ("https://*.example.com", "https://a.example.com:8443", false),
            ("https://*.example.com", "https://evil.com/.example.com", false),
            ("https://*.example.com", "https://evil.com#.example.com", false),
            ("https://*.example.com", "https://u@.example.com", false),
            ("https://*.example.com:8443", "https://a.example.com:8443", true),
        ])
    func origins(pattern: String, origin: String, isAllowed: Bool) throws {
        let rule = try Self.rule(["allowOrigins": [.string(pattern)]])
        let found = Array(origin.utf8).withUnsafeBytes { rule.allows($0) }
        #expect(found == isAllowed)
    }

    @Test("Every answer varies with the origin unless it is the same for everybody")
    func vary() throws {
        let listed: JSON = ["allowOrigins": ["https://a.example"]]
        for origin in [nil, "null", "https://b.example"] {
            #expect(try Self.answer(listed, origin) == ["Vary: Origin"])
        }
        let found = try Self.answer(listed, "https://a.example")
        #expect(found == ["Access-Control-Allow-Origin: https://a.example", "Vary: Origin"])
        for origin in [nil, "null", "https://b.example"] {
            #expect(try Self.answer(["allowOrigins": ["*"]], origin) == ["Access-Control-Allow-Origin: *"])
        }
    }

    @Test("With credentials no field is *")
    func credentials() throws {
        let settings: JSON = [
            "allowOrigins": ["*"], "allowMethods": "*", "allowHeaders": "*", "exposeHeaders": "*",
            "allowCredentials": true,
            "anyOriginWithCredentials": true,
        ]
        let rule = try Self.rule(settings)
        #expect(rule.exposesAll && !rule.isForEverybody)
        let lines = Self.lines(rule) { writer in
            Array("https://a.example".utf8).withUnsafeBytes { origin in
                Array("PUT".utf8).withUnsafeBytes { method in
                    Array("x-a,x-b".utf8).withUnsafeBytes {
                        rule.appendPreflight(for: origin, method: method, headers: $0, to: &writer)
                    }
                }
            }
        }
        #expect(
            lines == [
                "Access-Control-Allow-Origin: https://a.example", "Access-Control-Allow-Credentials: true",
                "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: x-a,x-b",
                "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            ])
        for odd in ["null", "", "a b", "https://a.example, https://b.example", "no-origin"] {
            #expect(try Self.answer(settings, odd) == ["Vary: Origin"])
        }
        let plain = try Self.answer(["allowOrigins": ["*"], "exposeHeaders": "*"], "https://a.example")
        #expect(plain == ["Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: *"])
    }

    @Test("What a browser asks for is not said again where it is no list of names")
    func oddRequests() throws {
        let rule = try Self.rule([
            "allowOrigins": ["https://a.example"], "allowMethods": "*", "allowHeaders": "*", "allowCredentials": true,
        ])
        let lines = Self.lines(rule) { writer in
            Array("https://a.example".utf8).withUnsafeBytes { origin in
                Array("P\u{7F}UT".utf8).withUnsafeBytes { method in
                    Array("x-a;\"b\"".utf8).withUnsafeBytes {
                        rule.appendPreflight(for: origin, method: method, headers: $0, to: &writer)
                    }
                }
            }
        }
        #expect(
            !lines.contains {
                $0.hasPrefix("Access-Control-Allow-Methods") || $0.hasPrefix("Access-Control-Allow-Headers")
            })
    }

    @Test("An empty list writes no field; the age is in seconds")
    func preflight() throws {
        let rule = try Self.rule([
            "allowOrigins": ["https://a.example"], "maxAge": "1500ms", "exposeHeaders": ["X-One"],
        ])
        let lines = Self.lines(rule) { writer in
            Array("https://a.example".utf8).withUnsafeBytes { origin in
                Array("PUT".utf8).withUnsafeBytes {
                    rule.appendPreflight(for: origin, method: $0, headers: nil, to: &writer)
                }
            }
        }
        #expect(
            lines == [
                "Access-Control-Allow-Origin: https://a.example", "Access-Control-Expose-Headers: x-one",
                "Access-Control-Allow-Methods: GET, HEAD, POST", "Access-Control-Max-Age: 1",
                "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            ])
    }
}

private struct NotCORS: Error {}
