import Firewall
import Foundation
import GatewayModel
import Testing

@Suite("What rules say of requests") struct EngineTests {
    private static let library = FirewallLibrary.checking

    /// A request that a browser might send, with what a test adds.
    private static func request(
        _ target: [UInt8], method: String = "GET", fields: [(String, [UInt8])] = [], body: [UInt8] = []
    ) -> FirewallRequest {
        var request = FirewallRequest()
        request.begin(method: Array(method.utf8).span, target: target.span, version: "1.1")
        let usual = [("Host", "shop.example.com"), ("User-Agent", "Mozilla/5.0"), ("Accept", "*/*")]
        for (name, value) in usual.map({ ($0, Array($1.utf8)) }) + fields {
            request.append(name: Array(name.utf8).span, value: value.span)
        }
        if !body.isEmpty { request.append(name: "Content-Length".utf8.span, value: "\(body.count)".utf8.span) }
        request.body = body
        request.clientAddress = "192.0.2.1"
        return request
    }

    private static func request(_ target: String) -> FirewallRequest { Self.request(Array(target.utf8)) }
    private static let attack = "/items?id=1%27%20OR%201=1--%20"

    @Test("An attack is refused and told, what people send passes") func verdicts() throws {
        let firewall = try Self.library.firewall(WAFPolicy())
        let passes = firewall.scan(Self.request("/api/orders?page=2"))
        #expect(!passes.isRefused && passes.failure == nil && passes.matches.isEmpty)
        let refused = firewall.scan(Self.request(Self.attack))
        #expect(refused.isRefused && refused.failure == nil)
        #expect(refused.matches.contains { $0.rule == 942_100 && $0.severity == "critical" && $0.place == "ARGS:id" })
    }

    @Test("The same policy gets the same rules while somebody holds them") func cache() throws {
        let policy = WAFPolicy()
        let firewall = try Self.library.firewall(policy)
        #expect(try Self.library.firewall(policy) === firewall)
        var other = policy
        other.paranoiaLevel = 2
        #expect(try Self.library.firewall(other) !== firewall)
    }

    @Test("A threshold that is not reached lets pass") func threshold() throws {
        var policy = WAFPolicy()
        policy.anomalyThreshold = 1000
        #expect(!(try Self.library.firewall(policy).scan(Self.request(Self.attack)).isRefused))
    }

    @Test("A rule that is left out does not match; a number that no rule has is told") func exclude() throws {
        var policy = WAFPolicy()
        policy.exclude = [942_100]
        #expect(
            !(try Self.library.firewall(policy).scan(Self.request(Self.attack)).matches.contains { $0.rule == 942_100 })
        )
        policy.exclude = [942_100, 7]
        #expect(throws: FirewallFault(.rules, "no rule has the number 7", at: "/waf/exclude/1")) {
            try Self.library.firewall(policy)
        }
    }

    @Test("A rule that is added refuses") func extraRules() throws {
        var policy = WAFPolicy()
        policy.extraRules = """
            # Nobody needs this.
            SecRule REQUEST_URI "@beginsWith /internal" \\
                "id:1,phase:1,deny,status:403,\\
                msg:'No, this is not for you',severity:'CRITICAL'"
            SecRule ARGS:a "@streq 1" "id:2,phase:2,deny,chain"
            SecRule ARGS:b "^2$" "t:none,setvar:'tx.seen=1'"
            SecMarker END-OF-MINE
            SecRuleRemoveById 942100-942110 941100
            SecRuleUpdateTargetById 942120 "!ARGS:note"
            SecRuleRemoveByTag "attack-fixation"
            """
        let firewall = try Self.library.firewall(policy)
        let verdict = firewall.scan(Self.request("/internal/x"))
        #expect(verdict.isRefused)
        #expect(verdict.matches.contains { $0.rule == 1 && $0.message == "No, this is not for you" })
        #expect(firewall.scan(Self.request("/?a=1&b=2")).isRefused)
        #expect(!firewall.scan(Self.request("/?a=1&b=3")).isRefused)
    }

    @Test(
        "What reaches more than requests is refused, with its line",
        arguments: [
            "Include /etc/passwd", "SecAuditLog /x", "SecRuleEngine Off", "SecRemoteRules key https://example.com",
            "SecRuleScript a.lua", "SecDebugLog /x", "SecAction \"id:1,pass\" SecAuditLog /x",
            "SecAction \"id:1,exec:/x.lua\"", "SecAction \"id:1,EXEC:/x.lua\"",
            "SecAction \"id:1,skipAfter:'x,exec:/x'\"",
            "SecAction \"id:1,msg:'a\\',exec:/x,tag:'b'\"", "SecAction \"id:1,initcol:ip=%{REMOTE_ADDR}\"",
            "SecAction \"id:1,setuid:x\"", "SecAction \"id:1,setenv:x=y\"", "SecAction \"id:1,setvar:ip.a=1\"",
            "SecAction \"id:1,ctl:auditEngine=On\"", "SecAction \"id:1,logdata:'%{ENV.HOME}'\"",
            "SecAction \"id:1,redirect:http://example.com\"", "SecAction \"pass\"", "SecAction \"id:0\"",
            "SecAction \"id:100000\"", "SecAction \"id:1,id:2\"", "SecAction \"id:1,chain\"",
            "SecRule ENV:HOME \"x\" \"id:1\"", "SecRule ARGS|ENV \"x\" \"id:1\"", "SecRule ARGS \"a\\\"b\" \"id:1\"",
            "SecRule ARGS \"a\\", "SecRuleRemoveById x", "SecMarker", "SecRuleUpdateActionById 942100 \"exec:/x\"",
            "SecRuleUpdateTargetById 942100 \"ENV\"",
            // Characters that take the sign behind them into themselves, which to the engine is a sign like any other.
            "SecAction \"id:1,logdata:'\u{600}%{ENV.HOME}'\"", "SecRule ARGS:a\u{600}|ENV:HOME \"x\" \"id:1\"",
            "SecRule ENV:\u{301}x \"x\" \"id:1\"", "SecRule ARGS \"x\u{600}\\\" \"id:1\"",
            "SecAction \"id:1,logdata:'%{\tENV.HOME}'\"", "SecRule ARGS \"a\rb\" \"id:1\"",
        ]
            + [
                "inspectFile /x", "fuzzyHash /x 1", "pmFromFile /x", "pmf /x", "ipMatchFromFile /x", "ipMatchF /x",
                "rbl example.com",
                "geoLookup", "gsbLookup x", "validateSchema /x", "validateDTD /x",
            ].flatMap { ["SecRule ARGS \"@\($0)\" \"id:1\"", "SecRule ARGS \"!@\($0)\" \"id:1\""] })
    func refused(_ rule: String) throws {
        var policy = WAFPolicy()
        policy.extraRules = "\n" + rule
        let fault = #expect(throws: FirewallFault.self) { try Self.library.text(policy) }
        #expect(fault?.kind == .rules && fault?.pointer == "/waf/extraRules")
    }

    @Test("Two rules of one number are told") func twice() throws {
        var policy = WAFPolicy()
        policy.extraRules = "SecAction \"id:1,pass\"\nSecAction \"id:1,pass\""
        #expect(throws: FirewallFault(.rules, "line 2: two rules have the id 1", at: "/waf/extraRules")) {
            try Self.library.text(policy)
        }
    }

    @Test("Bytes that are no text end in a verdict") func bytes() throws {
        let firewall = try Self.library.firewall(WAFPolicy())
        let request = Self.request(
            Array("/a?b=".utf8) + [0xFF, 0xC0, 0xAF], fields: [("X-A", [0, 0xFE, 0x0A]), ("", [])], body: [0, 0xFF])
        #expect(firewall.scan(request).failure == nil)
        let many = Self.request(Array("/".utf8), fields: (0..<2000).map { ("X-\($0)", [0x61]) })
        #expect(firewall.scan(many).failure == nil)
    }

    @Test("A NUL hides nothing behind it") func nul() throws {
        let firewall = try Self.library.firewall(WAFPolicy())
        #expect(firewall.scan(Self.request(Array("/x\0".utf8) + Array(Self.attack.utf8))).isRefused)
    }

    @Test("Many threads ask the same rules, each about its own request") func threads() throws {
        let firewall = try Self.library.firewall(WAFPolicy())
        let right = Mutexed()
        DispatchQueue.concurrentPerform(iterations: 400) { index in
            let isAttack = index % 2 == 0
            let verdict = firewall.scan(
                Self.request(isAttack ? Self.attack + "&n=\(index)" : "/api/orders?page=\(index)"))
            if verdict.isRefused == isAttack, verdict.matches.isEmpty != isAttack { right.add() }
        }
        #expect(right.count == 400)
    }

    @Test("A missing rule set names the package") func missing() throws {
        let fault = #expect(throws: FirewallFault.self) {
            try FirewallLibrary(coreRules: "/nowhere", filters: false).firewall(WAFPolicy())
        }
        #expect(fault?.kind == .unavailable && fault?.message.contains("modsecurity-crs") == true)
    }
}

/// Counts from many threads.
private final class Mutexed: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0

    func add() { self.lock.withLock { self.value += 1 } }
    var count: Int { self.lock.withLock { self.value } }
}
