/// A certificate: with its key for a side of a connection, or alone as an authority.
package struct Certificate: Hashable, Sendable {
    /// What it is for.
    package enum Usage: String, CaseIterable, Sendable { case server, client, ca }

    /// Unique among certificates.
    package let name: String
    package let usage: Usage
    /// In PEM: the leaf and what leads from it to a root; for `ca` one or more authorities.
    package let chain: String
    /// In PEM; `nil` for `ca`, and where a document was read that may leave its secrets out.
    package let privateKey: String?
    /// In DER, to be stapled.
    package let ocspResponse: [UInt8]?
}

extension Certificate {
    static let fields = ["usage", "certificate", "privateKey", "ocspResponse"]

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        _ = reader.value("info")
        let usage = reader.read("usage", default: Usage.server) { collector.word($0, Usage.self) }
        let chain = reader.required("certificate") { collector.pem($0, "CERTIFICATE") }
        let key = reader.optional("privateKey") { collector.privateKey($0) }
        let response = reader.optional("ocspResponse") { collector.base64($0) }
        let hasKey = reader.present(["privateKey"]) > 0
        if usage == .ca, hasKey {
            reader.fault("privateKey", "conflict", "an authority is only compared with: its key has no place here")
        }
        if usage != .ca, !hasKey, !collector.allowsMissingSecrets {
            reader.fault("privateKey", "required", "privateKey is required")
        }
        if usage != .server, reader.present(["ocspResponse"]) > 0 {
            reader.fault("ocspResponse", "conflict", "only servers staple a response")
        }
        guard let chain else { return nil }
        self.init(name: name, usage: usage, chain: chain, privateKey: key, ocspResponse: response)
    }
}

extension FaultCollector {
    /// A private key in PEM, unencrypted. What is wrong is never shown with the text.
    fileprivate func privateKey(_ json: JSON) -> String? {
        if self.allowsMissingSecrets, SecretReference(json) != nil { return nil }
        guard let text = json.stringValue else {
            self.report("type", "expected a string, not \(json.kindName)")
            return nil
        }
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
            self.report("format", "the key has a password", hint: "take it off with: openssl pkey -in FILE")
            return nil
        }
        if text.contains("PRIVATE KEY-----") { return text }
        self.report("format", "expected PEM with -----BEGIN PRIVATE KEY-----")
        return nil
    }

    /// Bytes in base64 (RFC 4648 section 4), with padding; white space does not count.
    func base64(_ json: JSON) -> [UInt8]? {
        guard let text = self.string(json) else { return nil }
        if let bytes = [UInt8](base64: text), !bytes.isEmpty { return bytes }
        self.report("format", "expected base64")
        return nil
    }
}

extension [UInt8] {
    /// - Returns: `nil` for what is no base64 (RFC 4648 section 4).
    package init?(base64 text: String) {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 where byte != 0x0A && byte != 0x0D && byte != 0x20 {
            if byte == 0x3D {
                padding += 1
                continue
            }
            guard padding == 0, let value = byte.base64Value else { return nil }
            bits = bits << 6 | value
            count += 1
            if count % 4 == 0 {
                bytes += [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8)]
                bytes.append(UInt8(truncatingIfNeeded: bits))
                bits = 0
            }
        }
        guard padding <= 2, (count + padding) % 4 == 0 else { return nil }
        if count % 4 == 2 { bytes.append(UInt8(truncatingIfNeeded: bits >> 4)) }
        if count % 4 == 3 { bytes += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)] }
        self = bytes
    }
}

extension UInt8 {
    fileprivate var base64Value: UInt32? {
        switch self {
        case 0x41...0x5A: UInt32(self - 0x41)
        case 0x61...0x7A: UInt32(self - 0x61 + 26)
        case 0x30...0x39: UInt32(self - 0x30 + 52)
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
