import GatewayModel
import JOSE
import Testing

@Suite("Key sets")
struct KeySetTests {
    /// The set of one key with some members changed; `nil` removes one.
    private func set(_ id: String, _ changes: [String: JSON?]) throws -> KeySet {
        var key = try #require(Fixture.key(id).objectValue)
        for (name, value) in changes { key[name] = value }
        return try KeySet(["keys": [.object(key)]])
    }

    private func problem(_ id: String, _ changes: [String: JSON?]) throws -> String {
        let set = try self.set(id, changes)
        #expect(set.count == 0)
        #expect(set.problems.count == 1)
        return set.problems.first ?? ""
    }

    @Test("All keys of the fixture are used, and found by name")
    func all() throws {
        let keys = try Fixture.keys()
        #expect(keys.count == 6)
        #expect(keys.problems.isEmpty)
        for name in ["rsa", "es256", "es384", "es512", "ed", "oct"] { #expect(keys.hasKey(name)) }
        for name in ["", "RSA", "rs", "rsa ", "es25"] { #expect(!keys.hasKey(name)) }
    }

    @Test("A set that is fetched may hold no shared secret")
    func secrets() throws {
        let keys = try KeySet(parsing: Fixture.keySet.encoded())
        #expect(keys.count == 5)
        #expect(!keys.hasKey("oct"))
        #expect(keys.problems == [#"key 5 ("oct"): a shared secret has no place in a set that is fetched"#])
        #expect(fault(Fixture.token(.hs256).utf8, keys: keys) == .unknownKey)
    }

    @Test(
        "What is no set is refused",
        arguments: ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#, "null", #"{"keys":[],"keys":[]}"#])
    func noSet(text: String) {
        #expect(throws: KeySetError.self) { try KeySet(parsing: Array(text.utf8)) }
    }

    @Test("A key that cannot be used is left out and named, and the others stay")
    func leftOut() throws {
        let good = Fixture.key("rsa")
        let set = try KeySet(["keys": ["x", 1, [:], ["kty": "unknown", "kid": "u"], good, ["kty": "RSA"], ["kty": 5]]])
        #expect(set.count == 1)
        #expect(set.problems.count == 6)
        #expect(set.problems.contains(#"key 3 ("u"): keys of the type "unknown" are not used"#))
        #expect(fault(Fixture.token(.rs256).utf8, keys: set) == nil)
    }

    @Test("Keys for other uses and private keys are left out")
    func uses() throws {
        #expect(try self.problem("rsa", ["use": "enc"]).contains("use"))
        #expect(try self.problem("rsa", ["use": ["sig"]]).contains("use"))
        #expect(try self.problem("rsa", ["key_ops": ["sign"]]).contains("key_ops"))
        #expect(try self.problem("rsa", ["key_ops": "verify"]).contains("key_ops"))
        #expect(try self.problem("rsa", ["alg": "RSA-OAEP"]).contains("RSA-OAEP"))
        #expect(try self.problem("rsa", ["alg": "none"]).contains("none"))
        #expect(try self.problem("rsa", ["alg": "HS256"]).contains("HS256"))
        #expect(try self.problem("rsa", ["alg": "ES256"]).contains("ES256"))
        #expect(try self.problem("es256", ["alg": "ES384"]).contains("ES384"))
        #expect(try self.problem("oct", ["alg": "RS256"]).contains("RS256"))
        #expect(try self.problem("rsa", ["d": "AQAB"]).contains("private"))
        #expect(try self.problem("es256", ["d": "AQAB"]).contains("private"))
        #expect(try self.problem("ed", ["d": "AQAB"]).contains("private"))
        #expect(try self.problem("rsa", ["kid": 1]).contains("kid"))
        #expect(
            try self.set("rsa", ["use": nil, "key_ops": ["verify"], "x5c": ["MIIB"], "ext": true]).count == 1)
    }

    @Test("A key with alg is for that algorithm alone")
    func pinned() throws {
        let keys = try self.set("rsa", ["alg": "PS256"])
        #expect(fault(Fixture.token(.ps256).utf8, keys: keys) == nil)
        #expect(fault(Fixture.token(.rs256).utf8, keys: keys) == .algorithm)
        #expect(fault(Fixture.token(.ps384).utf8, keys: keys) == .algorithm)
    }

    @Test("RSA keys have 2048 to 8192 bits and an odd exponent above 1")
    func rsa() throws {
        let weak = try #require(Fixture.document["weak"])
        #expect(try KeySet(["keys": [weak]]).problems == ["key 0: RSA of 1024 bits: 2048 to 8192 are used"])
        #expect(
            try self.problem("rsa", ["n": .string(base64URL([UInt8](repeating: 0xFF, count: 1025)))]).contains(
                "8200 bits"))
        #expect(
            try self.problem("rsa", ["n": .string(base64URL([0x7F] + [UInt8](repeating: 0xFF, count: 255)))]).contains(
                "2047"))
        #expect(
            try self.problem("rsa", ["n": .string(base64URL([UInt8](repeating: 0xFE, count: 256)))]).contains("even"))
        #expect(try self.problem("rsa", ["n": ""]).contains("0 bits"))
        for exponent in ["AQ", "AA", "", "Ag", "AQAAAAE", "AAAAAQ"] {
            #expect(try self.problem("rsa", ["e": .string(exponent)]).contains("exponent"), "\(exponent)")
        }
        #expect(try self.problem("rsa", ["e": "AQAB="]).contains("base64url"))
        #expect(try self.problem("rsa", ["e": nil]).contains("there is no e"))
        #expect(try self.set("rsa", ["e": "AAEAAQ"]).count == 1)
    }

    @Test("Points are on their curve, and coordinates have its size")
    func curves() throws {
        #expect(try self.problem("es256", ["crv": "P-384"]).contains("cannot be used for ES256"))
        #expect(try self.problem("es256", ["crv": "P-384", "alg": nil]).contains("48 bytes"))
        #expect(try self.problem("es256", ["crv": "secp256k1"]).contains("secp256k1"))
        #expect(try self.problem("es256", ["crv": nil]).contains("curve"))
        let x = try #require(Fixture.key("es256")["x"])
        #expect(try self.problem("es256", ["y": x]) == #"key 0 ("es256"): its numbers make no key"#)
        let zero = JSON.string(base64URL([UInt8](repeating: 0, count: 32)))
        #expect(try self.problem("es256", ["x": zero, "y": zero]).contains("numbers"))
        #expect(
            try self.problem("es256", ["x": .string(base64URL([UInt8](repeating: 0, count: 33)))]).contains("32 bytes"))
        #expect(try self.problem("ed", ["crv": "Ed448"]).contains("Ed448"))
        #expect(try self.problem("ed", ["crv": "X25519"]).contains("X25519"))
        #expect(try self.problem("ed", ["x": .string(base64URL([1, 2, 3]))]).contains("32 bytes"))
    }

    @Test("A secret is as long as the digest of the algorithms it is used for")
    func secretLengths() throws {
        func key(_ count: Int) -> [String: JSON?] { ["k": .string(base64URL([UInt8](repeating: 7, count: count)))] }
        #expect(try self.problem("oct", key(31)).contains("31 bytes"))
        #expect(try self.problem("oct", key(0)).contains("0 bytes"))
        #expect(try self.problem("oct", key(47).merging(["alg": "HS384"]) { $1 }).contains("HS384"))
        let short = try self.set("oct", key(32))
        #expect(fault(Fixture.token(.hs256).utf8, keys: short) == .signature)
        #expect(fault(Fixture.token(.hs384).utf8, keys: short) == .algorithm)
        #expect(fault(Fixture.token(.hs512).utf8, keys: try self.set("oct", key(48))) == .algorithm)
    }

    @Test("Of more keys than are kept, the first are")
    func manyKeys() throws {
        let many = try KeySet(["keys": .array(Array(repeating: Fixture.key("ed"), count: 130))])
        #expect(many.count == KeySet.keyLimit)
        #expect(many.problems == ["only the first 128 keys are used"])
    }
}
