import Credentials
import GatewayModel
import Testing

@Suite("Secrets that leave their places")
struct SettlementTests {
    private let key = "0123456789abcdef"
    private let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

    private func settle(
        _ document: JSON, _ kind: ResourceKind = .consumer, stored: [String: String] = [:],
        leftOut: Settlement.LeftOut = .refused
    ) throws(Faults) -> (document: JSON, secrets: [String: String], generated: [String: String]) {
        let settlement = try Settlement(of: document, kind, stored: Secrets(stored), leftOut: leftOut)
        let secrets = settlement.document["secrets"]?.stringValue.flatMap(Secrets.init(text:)) ?? Secrets()
        return (settlement.document, secrets.values, settlement.generated)
    }

    private func codes(_ document: JSON, _ kind: ResourceKind = .consumer) -> [String] {
        do throws(Faults) {
            _ = try self.settle(document, kind)
            return []
        } catch {
            return error.faults.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test("Keys and hashes become entries, and what callers wrote is gone")
    func consumer() throws {
        let hex = APIKeyDigest.hex(of: Array(self.key.utf8))
        let settled = try self.settle([
            "name": "a",
            "apiKeys": [["id": "k1", "value": .string(self.key)], ["id": "k2", "hash": .string("sha256:" + hex)]],
            "basic": ["username": "a", "passwordHash": .string(self.hash)],
        ])
        #expect(settled.secrets == ["/apiKeys/k1": hex, "/apiKeys/k2": hex, "/basic/password": self.hash])
        #expect(settled.document["apiKeys"] == [["id": "k1"], ["id": "k2"]])
        #expect(settled.document["basic"] == ["username": "a"])
    }

    @Test("What is left out is kept by entry, and what is no longer named is gone")
    func kept() throws {
        let stored = ["/apiKeys/k1": "one", "/apiKeys/k2": "two", "/basic/password": self.hash]
        let settled = try self.settle(
            ["name": "a", "apiKeys": [["id": "k2"]], "basic": ["username": "renamed"]], stored: stored)
        #expect(settled.secrets == ["/apiKeys/k2": "two", "/basic/password": self.hash])
        #expect(try self.settle(["name": "a"], stored: stored).document["secrets"] == nil)
    }

    @Test("A key that nobody knows is made, once")
    func generated() throws {
        let document: JSON = ["name": "a", "apiKeys": [["id": "k1"], ["id": "k2"]]]
        let settled = try self.settle(
            document, stored: ["/apiKeys/k1": "one"], leftOut: .generated { Array(repeating: 1, count: $0) })
        let made = try #require(settled.generated["k2"])
        #expect(settled.generated.count == 1)
        #expect(settled.secrets == ["/apiKeys/k1": "one", "/apiKeys/k2": APIKeyDigest.hex(of: Array(made.utf8))])
        #expect(try self.settle(document, leftOut: .allowed).secrets.isEmpty)
    }

    @Test("What is wrong is told by its place and never repeated")
    func faults() {
        #expect(
            self.codes([
                "apiKeys": [["id": "k", "value": "short"], ["id": "l", "hash": "md5:x"], ["id": "m", "value": 3]]
            ])
                == ["/apiKeys/0/value format", "/apiKeys/1/hash format", "/apiKeys/2/value type"])
        #expect(
            self.codes(["apiKeys": [["id": "k", "value": .string(self.key), "hash": "x"]]]) == [
                "/apiKeys/0/hash conflict"
            ])
        #expect(self.codes(["basic": ["username": "a", "passwordHash": "plain"]]) == ["/basic/passwordHash format"])
        #expect(Settlement.fault(of: ["secrets": "{}"], .consumer)?.code == "unknown-field")
        #expect(Settlement.fault(of: ["secrets": .null], .authPolicy)?.code == "unknown-field")
        #expect(Settlement.fault(of: ["secrets": "{}"], .route) == nil)
    }

    private func policy(_ keys: JSON) -> JSON {
        ["name": "p", "type": "jwt", "jwt": ["providers": [["name": "own", "jwks": ["inline": ["keys": keys]]]]]]
    }

    @Test("Symmetric keys become entries by kid, the others stay")
    func symmetricKeys() throws {
        let public1: JSON = ["kty": "RSA", "n": "x", "e": "AQAB", "kid": "r"]
        let settled = try self.settle(
            self.policy([public1, ["kty": "oct", "kid": "2026", "k": "c2VjcmV0"], ["kty": "oct", "k": "b3RoZXI"]]),
            .authPolicy)
        #expect(
            settled.secrets == [
                "/jwt/providers/own/keys/2026": "c2VjcmV0", "/jwt/providers/own/keys/2": "b3RoZXI",
            ])
        #expect(
            settled.document["jwt"] == self.policy([public1, ["kty": "oct", "kid": "2026"], ["kty": "oct"]])["jwt"])
        let again = try self.settle(
            self.policy([["kty": "oct", "kid": "2026"]]), .authPolicy, stored: settled.secrets)
        #expect(again.secrets == ["/jwt/providers/own/keys/2026": "c2VjcmV0"])
        #expect(
            self.codes(
                self.policy([["kty": "oct", "kid": "a", "k": "x"], ["kty": "oct", "kid": "a", "k": "y"]]), .authPolicy)
                == ["/jwt/providers/0/jwks/inline/keys/1/kid duplicate"])
    }

    @Test("A password is hashed, and the same password keeps its hash")
    func passwords() throws {
        let document: JSON = ["name": "a", "basic": ["username": "a", "password": "U*U"]]
        let salt = [UInt8](repeating: 3, count: 16)
        let same = try PasswordHashing.hashed(document, stored: self.hash, salt: salt)
        #expect(same["basic"] == ["username": "a", "passwordHash": .string(self.hash)])
        let other = try PasswordHashing.hashed(
            ["basic": ["username": "a", "password": "other"]], stored: self.hash, salt: salt)
        let hash = try #require(other["basic"]?["passwordHash"]?.stringValue)
        #expect(hash != self.hash && PasswordHash.verify(password: Array("other".utf8), hash: hash))
        #expect(throws: Faults.self) {
            try PasswordHashing.hashed(
                ["basic": ["password": .string(String(repeating: "x", count: 73))]], stored: nil, salt: salt)
        }
    }

    @Test("References are seen wherever secrets stand")
    func references() {
        let reference: JSON = ["fromEnv": "X"]
        #expect(SecretPlaces.hasReference(["apiKeys": [["id": "k", "value": reference]]], of: .consumer))
        #expect(SecretPlaces.hasReference(["basic": ["password": reference]], of: .consumer))
        #expect(SecretPlaces.hasReference(self.policy([["kty": "oct", "k": reference]]), of: .authPolicy))
        #expect(SecretPlaces.hasReference(["privateKey": reference], of: .certificate))
        #expect(!SecretPlaces.hasReference(["apiKeys": [["id": "k", "value": "v"]]], of: .consumer))
    }
}
