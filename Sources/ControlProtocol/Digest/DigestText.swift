/// The value of a `Content-Digest` field (RFC 9530 section 2) for a body.
package func contentDigestHeader(_ bytes: [UInt8]) -> String {
    "sha-256=:\(base64(SHA256Digest(of: bytes).bytes)):"
}

extension SHA256Digest {
    /// As digests of content are written: `sha256:` and lower-case hexadecimal.
    package var text: String {
        let digits = Array("0123456789abcdef".utf8)
        let hex = self.bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "sha256:" + String(decoding: hex, as: UTF8.self)
    }
}

/// Base64 with padding (RFC 4648 section 4).
private func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for position in 0..<4 {
            let digit = alphabet[bits >> (18 - 6 * position) & 63]
            text.append(position <= group.count ? digit : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
