import Firewall
import GatewayModel
import Testing

@Suite("The filter before the firewall") struct FilterTests {
    private static let order = """
        {"items":[{"sku":"ABC-1","name":"Blue shirt, large","qty":2,"price":12.5,"note":null,"gift":false}],
        "customer":{"name":"Jane Doe","email":"jane.doe@example.com","since":"2026-11-27T18:00:00Z"},"comment":"Leave it at the door; thanks!"}
        """

    private static let benign: [Written] = [
        Written(target: "/"), Written(target: "/api/orders?page=2&sort=created"),
        Written(target: "/assets/app.3f9a.js"),
        Written(target: "/api/search?q=blue+shirt&size=M%20L"), Written(target: "/api/users/42/orders"),
        Written(target: "/img/logo.svg"), Written(target: "/api/items?ids=1,2,3&filter=open"),
        .post("application/json", Self.order), .post("application/json; charset=utf-8", "{\"a\":[1,2,{\"b\":\"x\"}]}"),
        .post("application/json", "{\"name\":\"M\u{FC}ller & S\u{F6}hne\",\"city\":\"K\u{F6}ln\"}"),
        .post("application/x-www-form-urlencoded", "user=jane&city=New+York&agree=on"),
        Written(method: "DELETE", target: "/api/orders/7"),
        Written(
            target: "/",
            fields: Written.browser + [("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl")]),
    ]

    static let attacks = [
        "1' or 1=1-- ", "<script>alert(1)</script>", "../../etc/passwd", "; cat /etc/passwd", "$(id)", "%3Cscript%3E",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "${jndi:ldap://x/a}", "php://input", "http://127.0.0.1/x?y",
        "UNION SELECT 1,2,3",
        "javascript:alert(1)", "<?php system(1);", "\\x3cscript", "%u003cscript%u003e", "&lt;script&gt;", "' || '1'='1",
        "/bin/bash -c id", "c:\\windows\\system32\\cmd.exe", "{{7*7}}", "require('child_process')",
        "\r\nSet-Cookie: a=b",
        "java.lang.Runtime", "O:8:\"stdClass\":0:{}", "<svg onload=alert(1)>", "wget http://x/y", "sleep(5)",
        "benchmark(1,1)", "%00", "a%2500", "%ff%fe", "%zz", "nikto", "base64_decode(x)", "Y2F0IC9ldGMvcGFzc3dk",
        "cmd.exe", "|ls", "`id`", "@@version", "xp_cmdshell", "information_schema", "\u{FF1C}script\u{FF1E}",
    ]

    @Test("Most harmless requests need no engine", arguments: [1])
    func filters(_ level: Int) throws {
        let firewall = try #require(Firewalls.byLevel[level])
        #expect(firewall.unboundedRules == [])
        for written in Self.benign {
            #expect(firewall.scan(written.request).matches == [], "\(written.target) \(written.body)")
            #expect(
                !firewall.mayMatch(written.request),
                "\(String(describing: firewall.candidates(written.request))) \(written.target) \(written.body)")
        }
    }

    /// An attack in every place where one can be.
    private static func spread(_ attack: String) -> [Written] {
        let escaped = attack.utf8.map { byte -> String in
            let digits = String(byte, radix: 16)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
        let plain = attack.replacing(" ", with: "+").filter { !"#\r\n".contains($0) }
        let quoted = attack.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\r\n", with: "\\n")
        let line = attack.filter { $0 != "\r\n" && $0 != "\r" && $0 != "\n" }
        return [
            Written(target: "/a?x=\(escaped)"), Written(target: "/a?\(escaped)=1"), Written(target: "/a?x=\(plain)"),
            Written(target: "/\(plain.replacing("?", with: ""))"),
            Written(fields: Written.browser + [("X-Any", line)]),
            Written(fields: Written.browser.filter { $0.0 != "User-Agent" } + [("User-Agent", line)]),
            Written(fields: Written.browser.filter { $0.0 != "Cookie" } + [("Cookie", "a=\(line); b=c")]),
            Written(fields: Written.browser.filter { $0.0 != "Referer" } + [("Referer", "https://a/\(line)")]),
            .post("application/json", "{\"a\":{\"b\":[\"\(quoted)\"]}}"),
            .post("application/json", "{\"\(quoted)\":1}"),
            .post("application/x-www-form-urlencoded", "a=\(escaped)"),
            .post("application/x-www-form-urlencoded", "a=\(plain)&b=c"), .post("text/plain", attack),
        ]
    }

    @Test("What the engine finds, the filter lets through to it", arguments: attacks)
    func sound(_ attack: String) throws {
        for level in 1...4 {
            let firewall = try #require(Firewalls.byLevel[level])
            #expect(firewall.unboundedRules != nil)
            for written in Self.spread(attack) {
                let request = written.request
                if firewall.mayMatch(request) { continue }
                let verdict = firewall.scan(request)
                #expect(
                    verdict.matches == [] && !verdict.isRefused,
                    "\(level): \(written.method) \(written.target) \(written.body)")
            }
        }
    }

    private static let heads: [[(String, String)]] = [
        [], [("Host", "127.0.0.1")], [("Host", "a.example"), ("Accept", "")],
        [("Host", "a.example"), ("User-Agent", "")],
        Written.browser + [("Content-Length", "5")], Written.browser + [("Content-Length", "x")],
        Written.browser + [("Content-Type", "text/evil")],
        Written.browser + [("Content-Type", "application/json; charset=utf-7")],
        Written.browser + [("Transfer-Encoding", "chunked")], Written.browser + [("Range", "bytes=5-1")],
        Written.browser + [("Connection", "keep-alive, close")], Written.browser + [("If", "x")],
        Written.browser + [("Content-Encoding", "gzip")], Written.browser + [("Accept", "nonsense")],
        Written.browser + [("X-Filename", "a.php")],
        Written.browser + [("Content-Type", "a/b"), ("Content-Type", "a/c")],
    ]

    @Test("Odd heads are judged as the engine judges them", arguments: 0..<16)
    func heads(_ index: Int) throws {
        for level in 1...4 {
            let firewall = try #require(Firewalls.byLevel[level])
            for method in ["GET", "POST", "PURGE", "OPTIONS"] {
                for target in ["/", "/a\\b.bak", "/a.bak", "/a.PHP", "/a~b", "/x%2fy", "/a?a=1&a=2", "/a?b%zz"] {
                    let request = Written(method: method, target: target, fields: Self.heads[index]).request
                    if firewall.mayMatch(request) { continue }
                    #expect(firewall.scan(request).matches == [], "\(level) \(method) \(target)")
                }
            }
        }
    }
}
