import Firewall
import GatewayModel
import Testing

/// Random numbers that are the same in every run.
private struct Sequence64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ self.state >> 29
    }
}

/// Requests that are made of attacks, of what people send, and of what lies between.
private struct Mixture {
    private static let pieces: [String] =
        FilterTests.attacks + [
            "orders", "Blue shirt", "jane.doe@example.com", "2026-11-27T18:00:00Z", "O'Brien", "1,5", "Tom & Jerry",
            "a=b",
            "select", "union", "from", "where", "insert into", "drop table", "exec", "system(", "eval(", "alert(",
            "onerror=",
            "<", ">", "\"", "'", "`", "(", ")", ";", "|", "&", "$", "{", "}", "[", "]", "\\", "/", "..", "./", "//",
            "--",
            "/*", "*/", "#", "%", "%27", "%3c", "%2527", "%u0027", "%ff", "+", " ", "  ", "\t", "\n", "\r\n", "\0",
            "\u{FC}",
            "\u{20AC}", "\u{1F600}", "\u{FF1C}", "&#60;", "&lt;", "&lt", "&#x3c", "\\u003c", "\\x3c", "\\074", "0x41",
            "char(41)",
            "http://", "https://1.2.3.4/", "file://", "ftp://", "data:", "php://", "cmd", "cat", "bash", "/etc/passwd",
            "win.ini",
            "boot.ini", ".htaccess", "wp-config.php", "nikto", "sqlmap", "python-requests", "acunetix", "nmap", "curl",
            "xml",
            "document.cookie", "window.location", "base64", "fromCharCode", "constructor", "__proto__",
            "Runtime.getRuntime",
            "ognl", "struts", "jsessionid", "phpsessid", "admin", "root", "sleep", "waitfor delay", "benchmark",
            "concat(", "1=1",
            "or", "and", "not", "like", "having", "group by", "order by", "limit", "true", "false", "null", "NaN",
            "1e9", "-1",
        ]
    private static let names = [
        "User-Agent", "Referer", "Cookie", "Accept", "Content-Type", "Range", "Connection", "X-Any", "X-Filename",
        "Host",
        "Content-Length", "Accept-Language", "Authorization", "If-None-Match", "Transfer-Encoding", "Content-Encoding",
        "Origin",
    ]

    var random: Sequence64

    private mutating func text() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...4, using: &self.random) {
            var piece = Self.pieces.randomElement(using: &self.random) ?? ""
            if Int.random(in: 0..<6, using: &self.random) == 0 { piece = piece.uppercased() }
            text += piece
        }
        return text
    }

    private mutating func escaped() -> String {
        let always = Bool.random(using: &self.random)
        return self.text().utf8.map { byte in
            let isPlain = byte.isPlain && !always || byte == UInt8(ascii: "+")
            if isPlain { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }

    private mutating func line() -> String {
        let text = self.text().filter { !"\r\n\0".contains($0) && $0 != "\r\n" }
        return String(text.drop { $0 == " " || $0 == "\t" })
    }

    private mutating func quoted() -> String {
        let text = self.text()
        return text.filter { $0 != "\0" && $0 != "\t" }.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\r\n", with: "\\r\\n").replacing("\n", with: "\\n").replacing("\r", with: "\\r")
    }

    mutating func next() -> Written {
        var written = Written()
        var target = "/" + (Bool.random(using: &self.random) ? "api" : self.line().filter { !" ?#%".contains($0) })
        for place in 0..<Int.random(in: 0...2, using: &self.random) {
            target += place == 0 ? "?" : "&"
            target += "\(self.escaped())=\(self.escaped())"
        }
        written.target = target
        if Int.random(in: 0..<3, using: &self.random) == 0 {
            let name = Self.names.randomElement(using: &self.random) ?? "X-Any"
            if Bool.random(using: &self.random) { written.fields.removeAll { $0.0 == name } }
            let isCookie = name == "Cookie" && Bool.random(using: &self.random)
            written.fields.append((name, isCookie ? "a=\(self.line()); \(self.line())=b" : self.line()))
        }
        switch Int.random(in: 0..<5, using: &self.random) {
        case 0:
            self.add(
                "application/json",
                "{\"a\":[\"\(self.quoted())\",{\"\(self.quoted())\":\"\(self.quoted())\"}],\"n\":1.5}", &written)
        case 1:
            self.add(
                "application/x-www-form-urlencoded", "\(self.escaped())=\(self.escaped())&b=\(self.escaped())", &written
            )
        case 2: self.add("application/json; charset=utf-8", "[\(self.quoted())]", &written)
        default: written.method = ["GET", "HEAD", "DELETE", "OPTIONS"].randomElement(using: &self.random) ?? "GET"
        }
        return written
    }

    private func add(_ type: String, _ body: String, _ written: inout Written) {
        written.method = "POST"
        written.fields += [("Content-Type", type), ("Content-Length", String(body.utf8.count))]
        written.body = body
    }
}

extension UInt8 {
    fileprivate var isPlain: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == 0x2E
    }
}

extension FilterTests {
    /// Of each level so many; millions were compared by hand.
    private static let count = 1500

    @Test("Of what it keeps from the engine the engine finds nothing", arguments: 1...4)
    func differences(_ level: Int) throws {
        let firewall = try #require(Firewalls.byLevel[level])
        #expect(firewall.unboundedRules != nil)
        var mixture = Mixture(random: Sequence64(state: UInt64(level) &* 7919))
        var kept = 0
        for _ in 0..<Self.count {
            let written = mixture.next()
            let request = written.request
            if firewall.mayMatch(request) { continue }
            kept += 1
            let verdict = firewall.scan(request)
            if verdict.matches.isEmpty, !verdict.isRefused, verdict.failure == nil { continue }
            Issue.record(
                "\(verdict.matches.map(\.rule)) \(written.method) \(written.target) \(written.fields.suffix(3)) \(written.body)"
            )
        }
        #expect(kept > 10 || level > 2)
    }
}
