import GatewayModel
import JOSE
import Testing

@Suite("Signatures of tokens")
struct SignatureTests {
    @Test(
        "A token of every algorithm is taken with the key set, and its neighbours are not",
        arguments: JWTAlgorithm.allCases)
    func everyAlgorithm(algorithm: JWTAlgorithm) throws {
        let keys = try Fixture.keys()
        let token = Fixture.token(algorithm)
        #expect(fault(token.utf8, keys: keys, algorithms: AlgorithmSet([algorithm])) == nil)
        let others = AlgorithmSet(JWTAlgorithm.allCases.filter { $0 != algorithm })
        #expect(fault(token.utf8, keys: keys, algorithms: others) == .algorithm)
        #expect(fault(token.utf8, keys: try KeySet(["keys": []])) == .unknownKey)
    }

    @Test("One changed bit anywhere in the signature or in what is signed is refused", arguments: JWTAlgorithm.allCases)
    func changedBits(algorithm: JWTAlgorithm) throws {
        let keys = try Fixture.keys()
        let parts = Fixture.token(algorithm).split(separator: ".").map { Array($0.utf8) }
        let signature = try #require(decoded(parts[2]))
        let signed = Array(parts[0] + [UInt8(ascii: ".")] + parts[1])
        func check(_ signature: [UInt8], _ message: [UInt8]) -> TokenFault? {
            let id = keyID(algorithm)
            return message.withUnsafeBytes { bytes in
                do throws(TokenFault) {
                    try keys.verify(signature, of: bytes, algorithm: algorithm, keyID: id)
                    return nil
                } catch { return error }
            }
        }
        #expect(check(signature, signed) == nil)
        for index in stride(from: 0, to: signature.count, by: 7) {
            var changed = signature
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(check(changed, signed) == .signature)
        }
        for index in stride(from: 0, to: signed.count, by: 97) {
            var changed = signed
            changed[index] ^= 1
            #expect(check(signature, changed) == .signature)
        }
        #expect(check(Array(signature.dropLast()), signed) == .signature)
        #expect(check(Array(signature.dropFirst()), signed) == .signature)
        #expect(check(signature + [0], signed) == .signature)
        #expect(check([0] + signature, signed) == .signature)
        #expect(check([], signed) == .signature)
        #expect(check([UInt8](repeating: 0, count: signature.count), signed) == .signature)
        #expect(check([UInt8](repeating: 0xFF, count: signature.count), signed) == .signature)
        #expect(check(signature, []) == .signature)
    }

    @Test("The examples of RFC 7515 and RFC 8037 verify")
    func examples() throws {
        let examples = try #require(Fixture.document["rfc"]?.arrayValue)
        #expect(examples.count == 5)
        for example in examples {
            let key = try #require(example["key"])
            let keys = try KeySet(["keys": [key]])
            let parts = try #require(example["token"]?.stringValue).split(separator: ".").map { Array($0.utf8) }
            let text = try #require(decoded(parts[0]))
            let header = try JSON(parsing: text)
            let algorithm = try #require(header["alg"]?.stringValue.flatMap(JWTAlgorithm.init))
            let signature = try #require(decoded(parts[2]))
            try Array(parts[0] + [UInt8(ascii: ".")] + parts[1]).withUnsafeBytes {
                try keys.verify(signature, of: $0, algorithm: algorithm, keyID: nil)
            }
        }
    }

    @Test("The example of RFC 7515 A.1 says who issued it and that it is over")
    func exampleClaims() throws {
        let example = try #require(Fixture.document["rfc"]?.arrayValue?.first)
        let key = try #require(example["key"])
        let keys = try KeySet(["keys": [key]])
        let token = try #require(example["token"]?.stringValue)
        #expect(fault(token.utf8, keys: keys, issuer: "joe", now: 1_300_819_380) == .audience)
        #expect(fault(token.utf8, keys: keys, issuer: "Joe") == .issuer)
        try Array(token.utf8).withUnsafeBytes { bytes in
            let token = try UnverifiedToken(parsing: bytes)
            #expect(token.issuer == "joe")
            #expect(token.claims.value(["http://example.com/is_root"]) == .bool(true))
            #expect(throws: TokenFault.expired) { try token.claims.checkTime(leeway: 0, now: 1_300_819_380) }
            try token.claims.checkTime(leeway: 0, now: 1_300_819_379)
        }
    }

    @Test(
        "ECDSA: zero, the order and above, DER and half a signature are refused",
        arguments: [
            JWTAlgorithm.es256, .es384, .es512,
        ])
    func curveForms(algorithm: JWTAlgorithm) throws {
        let keys = try Fixture.keys()
        let parts = Fixture.token(algorithm).split(separator: ".").map(String.init)
        let signature = try #require(decoded(Array(parts[2].utf8)))
        let half = signature.count / 2
        let (r, s) = (Array(signature[..<half]), Array(signature[half...]))
        let zero = [UInt8](repeating: 0, count: half)
        let one = Array(zero.dropLast()) + [1]
        let full = [UInt8](repeating: 0xFF, count: half)
        let order = try #require(orders[algorithm])
        let forms: [[UInt8]] = [
            zero + zero, r + zero, zero + s, one + one, order + s, r + order, order + order, full + full, r,
            r + s + [0],
            [0] + r + [0] + s, der(r, s), s + r,
        ]
        for form in forms {
            let token = "\(parts[0]).\(parts[1]).\(base64URL(form))"
            #expect(fault(token.utf8, keys: keys) == .signature)
        }
    }

    @Test("Threads may verify with one key set at once")
    func threads() async throws {
        let keys = try Fixture.keys()
        let refused = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<20).reduce(0) { sum, index in
                        let algorithm = JWTAlgorithm.allCases[index % JWTAlgorithm.allCases.count]
                        return sum + (fault(Fixture.token(algorithm).utf8, keys: keys) == nil ? 0 : 1)
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(refused == 0)
    }
}

private func keyID(_ algorithm: JWTAlgorithm) -> String {
    switch algorithm {
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: "rsa"
    case .es256: "es256"
    case .es384: "es384"
    case .es512: "es512"
    case .edDSA: "ed"
    case .hs256, .hs384, .hs512: "oct"
    }
}

/// SEC 2 sections 2.4.2, 2.5.1 and 2.6.1.
private let orders: [JWTAlgorithm: [UInt8]] = [
    .es256: hex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"),
    .es384: hex("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973"),
    .es512: hex(
        "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA"
            + "51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409"),
]

private func hex(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8).compactMap(\.hexDigit)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

private func der(_ r: [UInt8], _ s: [UInt8]) -> [UInt8] {
    func integer(_ bytes: [UInt8]) -> [UInt8] {
        let body = bytes[0] & 0x80 == 0 ? bytes : [0] + bytes
        return [2, UInt8(body.count)] + body
    }
    let body = integer(r) + integer(s)
    return [0x30] + (body.count > 127 ? [0x81] : []) + [UInt8(body.count)] + body
}
