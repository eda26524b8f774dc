import CBare
import GatewayModel
import JOSE

private let issuer = "https://id.example.com/realms/shop"
private let now: Int64 = 1_800_000_000

/// A row for each thing that may happen to a token, and bare verifications beside them.
func rows(_ document: JSON) throws -> [Row] {
    let keys = try KeySet(["keys": document["keys"] ?? .null])
    var rows: [Row] = []
    for (algorithm, id, digest) in [("RS256", "rsa", "SHA256"), ("ES256", "es256", "SHA256"), ("EdDSA", "ed", nil)] {
        let text = document["tokens"]?[algorithm]?.stringValue ?? ""
        let token = Array(text.utf8)
        if let bare = bare(text, document["pem"]?[id]?.stringValue ?? "", digest) {
            rows.append(Row(name: "bare \(algorithm)", count: 4000) { bare_run(bare, Int32($0), 0) })
            rows.append(Row(name: "bare \(algorithm), whole", count: 4000) { bare_run(bare, Int32($0), 1) })
        }
        rows.append(Row(name: "new \(algorithm)", count: 4000) { measure($0, token) { verify($0, keys) } })
        var bad = token
        bad[bad.count - 20] ^= 1
        if bad[bad.count - 20] == UInt8(ascii: "`") { bad[bad.count - 20] = UInt8(ascii: "A") }
        rows.append(Row(name: "bad \(algorithm)", count: 4000) { measure($0, bad) { !verify($0, keys) } })
    }
    let token = Array((document["tokens"]?["RS256"]?.stringValue ?? "").utf8)
    rows.append(
        Row(name: "taken apart", count: 40_000) { measure($0, token) { (try? UnverifiedToken(parsing: $0)) != nil } })
    rows.append(Row(name: "seen", count: 400_000, run: seen(token)))
    return rows
}

private func verify(_ bytes: UnsafeRawBufferPointer, _ keys: KeySet) -> Bool {
    do throws(TokenFault) {
        let token = try UnverifiedToken(parsing: bytes)
        try token.verify(with: keys, algorithms: .all)
        try token.claims.check(issuer: issuer, audiences: ["orders"], leeway: 30, now: now)
        return true
    } catch {
        return false
    }
}

/// Of a cache with 10,000 others: found, and its times checked.
private func seen(_ token: [UInt8]) -> (Int) -> Double {
    let cache = Cache()
    for index in 0..<10_000 {
        var other = token
        for place in 0..<4 { other[other.count - 5 - place] = UInt8(ascii: "A") + UInt8(index >> (4 * place) & 15) }
        cache.insert(other)
    }
    cache.insert(token)
    return { count in
        measure(count, token) { bytes in
            guard let claims = cache.table.find(bytes, scope: 7) else { return false }
            return claims._withUnsafeGuaranteedRef { (try? $0.checkTime(leeway: 30, now: now)) != nil }
        }
    }
}

private final class Cache {
    var table = CredentialCache<Claims>(entries: 20_000, bytes: 64 << 20, key: (0x0123_4567_89AB_CDEF, 0xFEDC_BA98))

    func insert(_ token: [UInt8]) {
        token.withUnsafeBytes { bytes in
            guard let claims = try? UnverifiedToken(parsing: bytes).claims else { return }
            self.table.insert(bytes, scope: 7, claims)
        }
    }
}

/// Nanoseconds of one of many; negative when one went another way than it should.
private func measure(_ count: Int, _ token: [UInt8], _ body: (UnsafeRawBufferPointer) -> Bool) -> Double {
    token.withUnsafeBytes { bytes in
        let start = bare_now()
        for _ in 0..<count where !body(bytes) { return -1 }
        return (bare_now() - start) / Double(count)
    }
}

private func bare(_ text: String, _ pem: String, _ digest: String?) -> OpaquePointer? {
    let parts = text.split(separator: ".")
    guard parts.count == 3 else { return nil }
    let message = Array(text.utf8.dropLast(parts[2].utf8.count + 1))
    let signature = bytes(Array(parts[2].utf8))
    return bare_new(pem, digest, message, message.count, signature, signature.count)
}

/// Of base64url; what is no base64url makes nonsense, which does not verify.
private func bytes(_ text: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var (bits, count, bytes): (UInt32, Int, [UInt8]) = (0, 0, [])
    for byte in text {
        bits = bits << 6 | UInt32(alphabet.firstIndex(of: byte) ?? 0)
        count += 6
        guard count >= 8 else { continue }
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    return bytes
}
