import AccessControl
import GatewayModel
import Testing

@Suite("Cross-site requests")
struct OriginTests {
    private static let shop = "https://shop.example"

    private static let requests: [(String, [(String, String)], Bool)] = [
        ("POST", [], true),
        ("POST", [("Sec-Fetch-Site", "same-origin")], true), ("POST", [("Sec-Fetch-Site", "none")], true),
        ("POST", [("Sec-Fetch-Site", "same-origin"), ("Origin", "null")], true),
        ("POST", [("Sec-Fetch-Site", "cross-site")], false), ("POST", [("Sec-Fetch-Site", "same-site")], false),
        ("POST", [("Sec-Fetch-Site", "Same-Origin")], false), ("POST", [("Sec-Fetch-Site", "")], false),
        ("POST", [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")], false),
        ("POST", [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")], false),
        ("POST", [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://app.partner.example")], true),
        ("POST", [("Sec-Fetch-Site", "same-site"), ("Origin", shop)], true),
        ("POST", [("Origin", shop)], true), ("POST", [("Origin", "https://shop.example:443")], true),
        ("POST", [("Origin", "https://SHOP.example")], true),
        ("POST", [("Origin", "http://shop.example")], false),
        ("POST", [("Origin", "https://shop.example:8443")], false),
        ("POST", [("Origin", "https://shop.example.evil.example")], false),
        ("POST", [("Origin", "https://evilshop.example")], false), ("POST", [("Origin", "null")], false),
        ("POST", [("Origin", "")], false), ("POST", [("Origin", "https://")], false),
        ("POST", [("Origin", "https://shop.example/")], false), ("POST", [("Origin", "https://shop.example:")], true),
        ("POST", [("Origin", "https://shop.example:99999")], false),
        ("POST", [("Origin", shop), ("Origin", shop)], false),
        ("POST", [("Origin", "https://partner.example")], false),
        ("GET", [("Origin", "https://evil.example")], true), ("HEAD", [("Sec-Fetch-Site", "cross-site")], true),
        ("OPTIONS", [("Sec-Fetch-Site", "cross-site")], true), ("get", [("Sec-Fetch-Site", "cross-site")], false),
        ("DELETE", [("Origin", "https://evil.example")], false), ("PUT", [("Origin", "null")], false),
        ("GET", [("Sec-WebSocket-Version", "13"), ("Origin", "https://evil.example")], false),
        ("GET", [("Sec-WebSocket-Version", "13"), ("Origin", shop)], true),
        ("PATCH", [("Sec-Fetch-Site", "cross-site")], false), ("PURGE", [("Origin", "https://evil.example")], false),
    ]

    @Test("Whether a request comes from a page of the own origin", arguments: requests)
    func origin(_ method: String, _ headers: [(String, String)], _ passes: Bool) throws {
        let access = try TestAccess("csrf", ["additionalOrigins": ["https://*.partner.example"]])
        #expect(try access.outcome(TestRequest(method, "/", headers)) == (passes ? "pass" : "origin-denied"))
    }

    @Test(
        "The own origin is that of the request: its scheme, host and port",
        arguments: [
            ("shop.example:8080", false, "http://shop.example:8080", true),
            ("shop.example:8080", false, "http://shop.example", false),
            ("shop.example:80", false, "http://shop.example", true),
            ("shop.example:443", false, "http://shop.example", false),
            ("[::1]:8080", false, "http://[::1]:8080", true), ("[::1]", false, "http://[::1]", true),
            ("[::1]", false, "http://[::1]:81", false), ("shop.example", false, "https://shop.example", false),
        ])
    func own(_ host: String, _ isSecure: Bool, _ origin: String, _ passes: Bool) throws {
        let request = TestRequest("POST", "/", [("Origin", origin)], isSecure: isSecure, host: host)
        #expect(try TestAccess("csrf", [:]).outcome(request) == (passes ? "pass" : "origin-denied"))
    }
}
