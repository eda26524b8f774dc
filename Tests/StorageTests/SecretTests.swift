import ControlProtocol
import Foundation
import GatewayModel
import Storage
import Testing

@Suite("Secrets at rest")
struct SecretTests {
    private static let key = "-----BEGIN PRIVATE KEY-----\nTm9ib2R5IG1heSByZWFkIHRoaXM=\n-----END PRIVATE KEY-----\n"

    private static func certificate(_ name: String, order: Int64, version: Int64) throws -> StoredResource {
        let document: JSON = [
            "certificate": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
            "privateKey": .string(Self.key),
        ]
        return StoredResource(
            resource: try Resource(kind: .certificate, name: name, document: document), order: order,
            createdVersion: version, updatedVersion: version, createdAt: .start, updatedAt: .start)
    }

    private static func fill(_ folder: TemporaryFolder) throws -> StoredResource {
        let stored = try Self.certificate("shop", order: 1, version: 2)
        try folder.open { database in
            _ = try database.load(newIdentity: "one", at: .start)
            try database.commit([VersionCommit(2, [.upsert(stored, replaced: nil)])])
        }
        return stored
    }

    @Test("A key comes back as it was, and is in no file of the folder")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let stored = try Self.fill(folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.data.path)
        #expect(names.contains("sluice.sqlite") && names.contains("secret.key"))
        for name in names {
            let content = FileManager.default.contents(atPath: folder.data.path(of: name)) ?? Data()
            #expect(content.range(of: Data("Tm9ib2R5".utf8)) == nil, "\(name)")
        }
        #expect(try folder.open { try $0.load(newIdentity: "one", at: .start) }.resources == [stored])
    }

    @Test("Without its key a database does not open, and no new key is made")
    func missing() throws {
        let folder = try TemporaryFolder()
        _ = try Self.fill(folder)
        let path = folder.data.path(of: "secret.key")
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: StorageError.missingSecretKey(place: path)) { try folder.open { _ in } }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("With another key a database does not open, even one without secrets")
    func wrong() throws {
        let folder = try TemporaryFolder()
        try folder.open { _ in }
        let other = SecretKeySource(text: String(repeating: "ab", count: 32), name: "SOME_VARIABLE")
        let own = folder.data.path(of: "secret.key")
        #expect(throws: StorageError.secretKeyOfFolder(place: "SOME_VARIABLE", right: own)) {
            try folder.open(key: other) { _ in }
        }
        try folder.open { _ in }
        try FileManager.default.removeItem(atPath: own)
        #expect(throws: StorageError.wrongSecretKey(place: "SOME_VARIABLE")) { try folder.open(key: other) { _ in } }
    }

    @Test(
        "A key in text is hexadecimal or base64 and has 32 bytes",
        arguments: [
            (String(repeating: "0a", count: 32), true), (String(repeating: "0a", count: 32) + "\n", true),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true), ("AAAA", false), ("", false),
            (String(repeating: "0a", count: 31), false), ("no key at all, but long enough for one", false),
        ])
    func texts(_ text: String, _ isKey: Bool) {
        #expect((try? SecretKeySource(text: text, name: "x").read())?.count ?? 0 >= (isKey ? 32 : 0))
        #expect(((try? SecretKeySource(text: text, name: "x").read()) != nil) == isKey)
    }
}

@Suite("Sealing")
struct SealingTests {
    @Test("What is sealed opens with the same key and context alone, and unaltered alone")
    func opens() throws {
        let key = try #require(SealingKey(derivedFrom: [1, 2, 3], purpose: "a"))
        let nonce = [UInt8](repeating: 7, count: SealingKey.nonceSize)
        for plain: [UInt8] in [[], [1], Array("a longer text than one block of the cipher".utf8)] {
            let sealed = try #require(key.seal(plain, context: [9], nonce: nonce))
            #expect(key.open(sealed, context: [9]) == plain)
            #expect(key.open(sealed, context: []) == nil && key.open(sealed, context: [8]) == nil)
            #expect(key.open(Array(sealed.dropLast()), context: [9]) == nil)
            for index in sealed.indices {
                var altered = sealed
                altered[index] ^= 1
                #expect(key.open(altered, context: [9]) == nil)
            }
            for (secret, purpose) in [([UInt8](arrayLiteral: 1, 2, 3), "b"), ([1, 2, 4], "a")] {
                #expect(SealingKey(derivedFrom: secret, purpose: purpose)?.open(sealed, context: [9]) == nil)
            }
        }
        #expect(key.open([], context: []) == nil && key.seal([1], context: [], nonce: [1]) == nil)
        #expect(SealingKey(derivedFrom: [], purpose: "a") == nil)
    }
}
