import CCrypto

/// Keys of callers. They are long and random, so that one SHA-256 keeps them: there is nothing to guess at.
package enum APIKey {
    /// What keys that are made here begin with, for people and for programs that look for lost secrets.
    package static let prefix = "slk_"
    /// So many unguessable bytes make a key.
    package static let randomSize = 32
    /// In bytes; shorter ones could be guessed.
    package static let sizes = 16...256

    /// A key out of 32 unguessable bytes, in base64url (RFC 4648 section 5).
    package static func generate(random: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for byte in random + [0] {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> count & 63)])
            }
            bits &= 0xFF
        }
        let digits = (random.count * 8 + 5) / 6
        return Self.prefix + String(decoding: text.prefix(digits), as: UTF8.self)
    }

    /// Whether a text can be a key: printable ASCII without spaces, for it travels in fields, queries and cookies.
    package static func isKey(_ text: String) -> Bool {
        self.sizes.contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// What is kept of a key.
package enum APIKeyDigest {
    /// What hashes that callers bring begin with.
    package static let prefix = "sha256:"

    /// SHA-256 (FIPS 180-4) in lower-case hex.
    package static func hex(of key: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        sluice_sha256(key, key.count, &digest)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest in `sha256:` and 64 lower-case hex digits; `nil` for anything else.
    package static func hex(in text: String) -> String? {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let hex = text.dropFirst(Self.prefix.count)
        let isDigest =
            hex.utf8.count == 64 && hex.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isDigest ? String(hex) : nil
    }
}
