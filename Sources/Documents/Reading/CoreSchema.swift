import GatewayModel

/// What plain scalars mean (YAML 1.2.2 section 10.3, the core schema): `yes` and `on` are strings.
enum CoreSchema {
    static func value(_ text: String) -> JSON {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        default: Self.integer(text) ?? Self.float(text) ?? .string(text)
        }
    }

    private static func integer(_ text: String) -> JSON? {
        if text.hasPrefix("0o") { return Self.digits(text.dropFirst(2), radix: 8) }
        if text.hasPrefix("0x") { return Self.digits(text.dropFirst(2), radix: 16) }
        let digits = text.drop { $0 == "+" || $0 == "-" }
        guard text.utf8.count - digits.utf8.count <= 1 else { return nil }
        guard !digits.isEmpty, digits.utf8.allSatisfy(Self.isDigit) else { return nil }
        return Int64(text).map(JSON.integer)
    }

    private static func digits(_ text: Substring, radix: Int) -> JSON? {
        guard let first = text.first, first != "+", first != "-" else { return nil }
        return Int64(text, radix: radix).map(JSON.integer)
    }

    /// Digits around a point and an exponent; JSON has no infinity and no NaN, so these stay strings.
    private static func float(_ text: String) -> JSON? {
        let unsigned = text.first == "+" || text.first == "-" ? text.dropFirst() : text[...]
        guard let first = unsigned.utf8.first, Self.isDigit(first) || first == UInt8(ascii: ".") else { return nil }
        guard unsigned.utf8.contains(where: Self.isDigit),
            unsigned.utf8.allSatisfy({ Self.isDigit($0) || ".eE+-".utf8.contains($0) })
        else { return nil }
        guard let number = Double(text), number.isFinite else { return nil }
        return .double(number)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
