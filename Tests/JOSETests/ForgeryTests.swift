import GatewayModel
import JOSE
import Testing

@Suite("Forged tokens")
struct ForgeryTests {
    private let payload = #"{"iss":"https://id.example.com/realms/shop","aud":"orders","exp":1900000000}"#

    private func fault(header: String) throws -> TokenFault? {
        JOSETests.fault(unsigned(header, self.payload).utf8, keys: try Fixture.keys())
    }

    @Test(
        "No spelling of none is an algorithm, with or without a signature",
        arguments: [
            "none", "None", "NONE", "nOnE", "none ", " none", "none\\u0000", "n\\u006fne", "", "null", "HS1", "RS1",
            "rs256",
            "RS256 ", "ES256K", "Ed448", "HS256,none", "A128KW", "dir",
        ])
    func none(name: String) throws {
        let header = #"{"alg":"\#(name)"}"#
        #expect(try self.fault(header: header) == .algorithm)
        let bare = "\(base64URL(header.utf8)).\(base64URL(self.payload.utf8))."
        #expect(JOSETests.fault(bare.utf8, keys: try Fixture.keys()) == .algorithm)
    }

    @Test(
        "An algorithm that is no text or missing is refused",
        arguments: [
            #"{}"#, #"{"alg":null}"#, #"{"alg":["RS256"]}"#, #"{"alg":256}"#, #"{"ALG":"RS256"}"#,
            #"{"alg":{"RS256":1}}"#,
        ])
    func noText(header: String) throws { #expect(try self.fault(header: header) == .malformed) }

    @Test("An empty signature is none")
    func emptySignature() throws {
        let token = "\(base64URL(#"{"alg":"RS256","kid":"rsa"}"#.utf8)).\(base64URL(self.payload.utf8))."
        #expect(JOSETests.fault(token.utf8, keys: try Fixture.keys()) == .signature)
    }

    @Test("A public key is no secret: HS256 with the PEM or the modulus of an RSA key as the secret")
    func confusion() throws {
        let list = try #require(Fixture.document["confused"]?.arrayValue)
        let confused = list.compactMap(\.stringValue)
        #expect(confused.count == 2)
        for token in confused { #expect(JOSETests.fault(token.utf8, keys: try Fixture.keys()) == .algorithm) }
    }

    @Test(
        "A kid chooses exactly the key that has it",
        arguments: [
            ("unknownKid", TokenFault.unknownKey), ("kidPath", .unknownKey), ("kidEmpty", .unknownKey),
            ("kidCase", .unknownKey),
            ("kidSQL", .unknownKey), ("ecKid", .algorithm), ("noKid", nil),
        ])
    func keyIDs(name: String, expected: TokenFault?) throws {
        #expect(JOSETests.fault(Fixture.header(name).utf8, keys: try Fixture.keys()) == expected)
    }

    @Test("A kid is no name of a key that has none; a token without one fits any key")
    func keysWithoutNames() throws {
        var key = try #require(Fixture.key("rsa").objectValue)
        key["kid"] = Optional.none
        let keys = try KeySet(["keys": [.object(key)]])
        #expect(JOSETests.fault(Fixture.header("unknownKid").utf8, keys: keys) == .unknownKey)
        #expect(JOSETests.fault(Fixture.header("noKid").utf8, keys: keys) == nil)
    }

    @Test("Keys in the header are not used", arguments: ["jwk", "jku", "x5u", "x5c", "jwkKid"])
    func keysInHeader(name: String) throws {
        #expect(JOSETests.fault(Fixture.header(name).utf8, keys: try Fixture.keys()) == .signature)
    }

    @Test("Keys in the header do no harm to a token that the right key has signed")
    func harmlessKeys() throws {
        #expect(JOSETests.fault(Fixture.header("ownX5t").utf8, keys: try Fixture.keys()) == nil)
    }

    @Test("Extensions that must be understood are refused, whatever they are")
    func critical() throws {
        #expect(JOSETests.fault(Fixture.header("crit").utf8, keys: try Fixture.keys()) == .critical)
        for header in [
            #"{"alg":"RS256","crit":[]}"#, #"{"crit":["b64"],"alg":"RS256","b64":false}"#,
            #"{"alg":"RS256","b64":true}"#,
            #"{"alg":"RS256","crit":null}"#, #"{"alg":"RS256","cr\u0069t":["exp"]}"#,
        ] {
            #expect(try self.fault(header: header) == .critical)
        }
    }

    @Test("typ is JWT or at+jwt in any case, with or without application/, or absent")
    func types() throws {
        let keys = try Fixture.keys()
        #expect(JOSETests.fault(Fixture.header("atJWT").utf8, keys: keys) == nil)
        #expect(JOSETests.fault(Fixture.header("appJWT").utf8, keys: keys) == nil)
        #expect(JOSETests.fault(Fixture.header("logout").utf8, keys: keys) == .malformed)
        for type in [#""JOSE""#, #""dpop+jwt""#, #""""#, "null", "1", #""text/jwt""#, #"["JWT"]"#, #""JWT ""#] {
            #expect(try self.fault(header: #"{"alg":"RS256","typ":\#(type)}"#) == .malformed)
        }
    }

    @Test(
        "Encrypted and compressed tokens are refused",
        arguments: [
            #"{"alg":"RS256","enc":"A128GCM"}"#, #"{"alg":"RS256","zip":"DEF"}"#,
        ])
    func encrypted(header: String) throws { #expect(try self.fault(header: header) == .malformed) }

    @Test("More than so many keys are not tried for a token without kid")
    func trials() throws {
        func set(_ others: Int) throws -> KeySet {
            let other = try #require(Fixture.document["rfc"]?.arrayValue?[1]["key"])
            return try KeySet(["keys": .array(Array(repeating: other, count: others) + [Fixture.key("rsa")])])
        }
        #expect(JOSETests.fault(Fixture.header("noKid").utf8, keys: try set(7)) == nil)
        #expect(JOSETests.fault(Fixture.header("noKid").utf8, keys: try set(8)) == .signature)
        #expect(JOSETests.fault(Fixture.token(.rs256).utf8, keys: try set(8)) == nil)
    }
}
