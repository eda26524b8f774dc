import GatewayModel

/// Bytes in a packet of JSON.
package enum HexText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Lower-case hexadecimal, two digits a byte.
    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// `nil` when the text is not hexadecimal or has half a byte.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap(\.hexDigit)
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
