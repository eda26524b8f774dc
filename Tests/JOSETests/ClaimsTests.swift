import GatewayModel
import JOSE
import Testing

@Suite("Claims")
struct ClaimsTests {
    private func check(
        _ members: String, issuer: String = "joe", audiences: [String] = ["a"], leeway: Int64 = 0, now: Int64 = 100
    ) -> TokenFault? {
        fault(
            unsigned(#"{"alg":"RS256"}"#, "{\(members)}").utf8, issuer: issuer, audiences: audiences, leeway: leeway,
            now: now)
    }

    private func time(_ members: String, leeway: Int64 = 0, now: Int64 = 100) -> TokenFault? {
        self.check(#""iss":"joe","aud":"a""# + members, leeway: leeway, now: now)
    }

    @Test(
        "exp is a number, and numbers at the edges are what they say",
        arguments: [
            ("101", nil), ("100", .expired), ("99", .expired), ("-1", .expired), ("0", .expired), ("-0", .expired),
            ("9223372036854775807", nil), ("-9223372036854775808", .expired), ("9223372036854775808", nil),
            ("1e30", nil),
            ("18446744073709551616", nil), ("-1e30", .expired), ("1e400", .malformed), ("-1e400", .malformed),
            ("1.5", .expired),
            ("100.9", .expired), ("101.0", nil), ("1.01e2", nil), ("1e-400", .expired), ("1.7976931348623157e308", nil),
            (#""123""#, .malformed), ("null", .malformed), ("true", .malformed), ("[200]", .malformed),
            ("{}", .malformed),
            ("0x7fffffff", .malformed), ("Infinity", .malformed),
        ] as [(String, TokenFault?)])
    func expiry(number: String, expected: TokenFault?) {
        #expect(self.time(#","exp":\#(number)"#) == expected)
    }

    @Test(
        "nbf is a number; a fraction of a second counts as a whole one",
        arguments: [
            ("100", nil), ("101", .notYetValid), ("100.1", .notYetValid), ("99.9", nil), ("-5", nil), ("-1e300", nil),
            ("1e300", .notYetValid), ("9223372036854775807", .notYetValid), (#""0""#, .malformed), ("null", .malformed),
        ] as [(String, TokenFault?)])
    func notBefore(number: String, expected: TokenFault?) {
        #expect(self.time(#","exp":1e300,"nbf":\#(number)"#) == expected)
    }

    @Test("A token without end is refused")
    func missingExpiry() {
        #expect(self.time("") == .missingExpiry)
        #expect(self.time(#","EXP":200,"Exp":200,"exp ":200"#) == .missingExpiry)
    }

    @Test("The leeway goes both ways and never overflows")
    func leeway() {
        #expect(self.time(#","exp":71"#, leeway: 30) == nil)
        #expect(self.time(#","exp":70"#, leeway: 30) == .expired)
        #expect(self.time(#","exp":200,"nbf":130"#, leeway: 30) == nil)
        #expect(self.time(#","exp":200,"nbf":131"#, leeway: 30) == .notYetValid)
        #expect(self.time(#","exp":200,"nbf":100"#, leeway: -30) == nil)
        for now in [Int64.min, -1, 0, .max] {
            for leeway in [Int64.min, 0, .max] {
                for number in ["9223372036854775807", "-9223372036854775808", "0"] {
                    _ = self.time(#","exp":\#(number),"nbf":\#(number)"#, leeway: leeway, now: now)
                }
            }
        }
    }

    @Test("The issuer is compared byte by byte, and must be there")
    func issuer() {
        let rest = #","aud":"a","exp":200"#
        #expect(self.check(#""iss":"joe""# + rest) == nil)
        for other in ["Joe", "joe ", "jo", "", "joe/", "j"] {
            #expect(self.check(#""iss":"\#(other)""# + rest) == .issuer)
        }
        #expect(self.check(String(rest.dropFirst())) == .issuer)
        #expect(self.check(#""iss":["joe"]"# + rest) == .malformed)
        // One character, spelled with one code point and with two: Swift takes them for equal.
        #expect(self.check(#""iss":"\u00e9""# + rest, issuer: "\u{E9}") == nil)
        #expect(self.check(#""iss":"\u00e9""# + rest, issuer: "e\u{301}") == .issuer)
        #expect(self.check(#""iss":"joe\u0000""# + rest) == .issuer)
    }

    @Test("One of the audiences must be in aud")
    func audience() {
        let rest = #""iss":"joe","exp":200,"aud":"#
        for good in [#""a""#, #"["a"]"#, #"["x","a"]"#, #"["b"]"#] {
            #expect(self.check(rest + good, audiences: ["a", "b"]) == nil)
        }
        for bad in [#""A""#, "[]", #"["x"]"#, #""""#, #""a,b""#, #""a b""#] {
            #expect(self.check(rest + bad, audiences: ["a", "b"]) == .audience)
        }
        for bad in ["null", "1", #"["a",1]"#, #"[["a"]]"#, #"{"a":1}"#] {
            #expect(self.check(rest + bad) == .malformed)
        }
        #expect(self.check(#""iss":"joe","exp":200"#) == .audience)
        #expect(self.check(rest + #""a""#, audiences: []) == .audience)
    }

    @Test("A subject is text")
    func subject() throws {
        #expect(try claims(#"{"sub":"s"}"#).subject == "s")
        #expect(throws: TokenFault.malformed) { try claims(#"{"sub":1}"#) }
    }

    @Test("A path leads through objects by name")
    func paths() throws {
        let claims = try claims(#"{"a":{"b":{"c":[1]},"x.y":true},"n":null,"a.b":2}"#)
        #expect(claims.value(["a", "b", "c"]) == [1])
        #expect(claims.value(["a", "x.y"]) == true)
        #expect(claims.value(["a.b"]) == 2)
        #expect(claims.value(["n"]) == .some(.null))
        #expect(claims.value(["a", "c"]) == nil)
        #expect(claims.value(["a", "b", "c", "0"]) == nil)
        #expect(claims.value([])?.objectValue?.members.count == 3)
    }

    @Test(
        "Scopes come from scope or scp, as text or list",
        arguments: [
            (#"{"scope":"openid profile"}"#, ["openid", "profile"]), (#"{"scope":" a  b "}"#, ["a", "b"]),
            (#"{"scp":["a","b"]}"#, ["a", "b"]), (#"{"scp":"a b"}"#, ["a", "b"]), (#"{"scope":["a b"]}"#, ["a b"]),
            (#"{"scope":"","scp":"a"}"#, []), (#"{}"#, []), (#"{"scope":1}"#, []), (#"{"scp":["a",1]}"#, ["a"]),
        ])
    func scopes(payload: String, expected: [String]) throws { #expect(try claims(payload).scopes == expected) }

    @Test("A real provider's token is read whole")
    func provider() throws {
        let token = Array(Fixture.token(.rs256).utf8)
        let claims = try token.withUnsafeBytes { try UnverifiedToken(parsing: $0).claims }
        let expected = try #require(Fixture.document["claims"])
        #expect(claims.value([]) == expected)
        #expect(claims.subject == expected["sub"]?.stringValue)
        #expect(claims.audiences == ["orders", "account"])
        #expect(claims.expiresAt == Fixture.end)
        #expect(claims.scopes == ["openid", "profile", "email"])
        #expect(claims.value(["realm_access", "roles"]) == ["offline_access", "uma_authorization"])
    }
}
