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
            guard bytes.contains(UInt8(ascii: "*")) else { return nil }
            return Self.firstKey(bytes)
        }
    }

    private static func firstKey(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var aliases = 0
        var (line, suspect) = (1, Int?.none)
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "*"):
                aliases += 1
                let end = bytes[(index + 1)...].firstIndex { !Self.isOfName($0) } ?? bytes.endIndex
                if Self.isColon(bytes[end...]) { suspect = suspect ?? line }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if Self.isColon(bytes[(index + 1)...]) { suspect = suspect ?? line }
            case UInt8(ascii: "?"):
                if index == 0 || " \t\n\r-?:,[{".utf8.contains(bytes[index - 1]) { suspect = suspect ?? line }
            default: break
            }
            if aliases > Self.harmless, let suspect { return suspect }
        }
        return nil
    }

    /// Whether a colon comes next on the line.
    private static func isColon(_ rest: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        rest.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: ":")
    }

    /// Of the name of an alias, or beyond what one may have: then it is none.
    private static func isOfName(_ byte: UInt8) -> Bool {
        !" \t\n\r:,[]{}?".utf8.contains(byte)
    }
}
