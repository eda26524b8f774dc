import Firewall
import GatewayModel
import Testing

/// A request as tests write it.
struct Written {
    var method = "GET"
    var target = "/"
    var fields: [(String, String)] = Written.browser
    var body = ""

    static let browser = [
        ("Host", "shop.example.com"),
        (
            "User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
        ),
        ("Accept", "application/json, text/plain, */*"), ("Accept-Language", "en-US,en;q=0.9,de;q=0.8"),
        ("Accept-Encoding", "gzip, deflate, br"), ("sec-ch-ua", "\"Chromium\";v=\"120\", \"Not?A_Brand\";v=\"8\""),
        ("sec-ch-ua-mobile", "?0"), ("sec-ch-ua-platform", "\"Linux\""), ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Referer", "https://shop.example.com/orders?page=1"),
        ("Cookie", "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; lang=en"),
    ]

    static func post(_ type: String, _ body: String, target: String = "/api/orders") -> Written {
        let fields = Self.browser + [("Content-Type", type), ("Content-Length", String(body.utf8.count))]
        return Written(method: "POST", target: target, fields: fields, body: body)
    }

    var request: FirewallRequest {
        var request = FirewallRequest()
        request.begin(method: self.method.utf8.span, target: self.target.utf8.span, version: "1.1")
        for (name, value) in self.fields { request.append(name: name.utf8.span, value: value.utf8.span) }
        request.body = Array(self.body.utf8)
        request.clientAddress = "192.0.2.1"
        request.clientPort = 40_000
        return request
    }
}

/// One for each level, made once.
enum Firewalls {
    static let byLevel: [Int: Firewall] = Dictionary(
        uniqueKeysWithValues: (1...4).compactMap { level in
            var policy = WAFPolicy()
            policy.paranoiaLevel = level
            do { return (level, try FirewallLibrary(filters: true).firewall(policy)) } catch {
                print("no firewall:", error); return nil
            }
        })
}
