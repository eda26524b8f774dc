import GatewayModel

/// Finds texts in which an alias could make a key that is not text.
///
/// Yams hashes the keys of a mapping while it reads, before anybody can look at them. A key that is a list of aliases to
/// lists of aliases, twenty lines of text, would be hashed for years. The search knows no quotes and no comments, because
/// whoever means harm would use these to hide: it takes more for keys than there are. So a text with few aliases is never
/// suspected; few aliases come to little, whatever they are in.
enum AliasedKeys {
    /// So many come to a hundred thousand nodes at most, three in each list.
    private static let harmless = 32

    /// - Returns: the line of the first suspect, `nil` when there is none.
    static func line(in text: String) -> Int? {
        var text = text
        return text.withUTF8 { bytes in
            guard Self.aliases(bytes) > Self.harmless else { return nil }
            return Self.firstKey(bytes)
        }
    }

    private static func aliases(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        bytes.indices.dropLast().count { bytes[$0] == UInt8(ascii: "*") && Self.isOfName(bytes[$0 + 1]) }
    }

    private static func firstKey(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var line = 1
        /// The last byte on the line that is no space.
        var before: UInt8?
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "*"):
                let rest = bytes[(index + 1)...].drop { Self.isOfName($0) }
                if Self.beginsWithColon(rest) { return line }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if Self.beginsWithColon(bytes[(index + 1)...]) { return line }
            case UInt8(ascii: "?"):
                if before.map("-?:,[{".utf8.contains) ?? true { return line }
            case UInt8(ascii: "\n"): line += 1
            default: break
            }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                before = nil
            } else if byte > 0x20 {
                before = byte
            }
        }
        return nil
    }

    private static func beginsWithColon(_ rest: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        rest.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: ":")
    }

    /// Of what an alias may be called.
    private static func isOfName(_ byte: UInt8) -> Bool {
        byte.isASCIIAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
