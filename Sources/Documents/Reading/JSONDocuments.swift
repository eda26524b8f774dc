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
        let documents = if case .array(let elements) = json { elements } else { [json] }
        return zip(documents, Self.places(bytes)).enumerated().map {
            SourceDocument(index: $0, line: $1.1.line, json: $1.0)
        }
    }

    /// Where the documents begin. The text is known to be valid.
    static func places(_ bytes: [UInt8]) -> [(offset: Int, line: Int)] {
        let space = bytes.prefix { Self.isSpace($0) }
        if space.count < bytes.count, bytes[space.count] == UInt8(ascii: "[") { return Self.elementPlaces(bytes) }
        return [(space.count, 1 + space.count { $0 == UInt8(ascii: "\n") })]
    }

    /// Where the elements of the outermost array begin.
    private static func elementPlaces(_ bytes: [UInt8]) -> [(offset: Int, line: Int)] {
        var places: [(offset: Int, line: Int)] = []
        var (line, depth) = (1, 0)
        var (isInString, isEscaped, isAwaited) = (false, false, false)
        for (offset, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            if isInString {
                if !isEscaped, byte == UInt8(ascii: "\"") { isInString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            if Self.isSpace(byte) { continue }
            if isAwaited, byte != UInt8(ascii: "]") { places.append((offset, line)) }
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
        return places
    }

    private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
}
