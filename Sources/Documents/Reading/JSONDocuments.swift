import GatewayModel

/// The documents of JSON text, with the lines that the parser does not keep.
enum JSONDocuments {
    static func documents(_ bytes: [UInt8]) throws(DocumentError) -> [SourceDocument] {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes)
        } catch {
            let line = 1 + bytes.prefix(error.offset).count { $0 == UInt8(ascii: "\n") }
            throw DocumentError(document: 0, line: line, message: error.message)
        }
        guard case .array(let elements) = json else {
            let line = 1 + bytes.prefix { Self.isSpace($0) }.count { $0 == UInt8(ascii: "\n") }
            return [SourceDocument(index: 0, line: line, json: json)]
        }
        return zip(elements, Self.elementLines(bytes)).enumerated().map {
            SourceDocument(index: $0, line: $1.1, json: $1.0)
        }
    }

    /// Where the elements of the outermost array begin. The text is known to be valid.
    private static func elementLines(_ bytes: [UInt8]) -> [Int] {
        var lines: [Int] = []
        var (line, depth) = (1, 0)
        var (isInString, isEscaped, isAwaited) = (false, false, false)
        for byte in bytes {
            if byte == UInt8(ascii: "\n") { line += 1 }
            if isInString {
                if !isEscaped, byte == UInt8(ascii: "\"") { isInString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            if Self.isSpace(byte) { continue }
            if isAwaited, byte != UInt8(ascii: "]") { lines.append(line) }
            isAwaited = false
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                isAwaited = depth == 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ","): isAwaited = depth == 1
            default: break
            }
        }
        return lines
    }

    private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
}
