/// The value of the first query parameter of a name, as it was sent.
///
/// Parameters stand between `&`; names are compared percent-decoded, with `+` as a space (WHATWG URL, section 5.1). One without
/// `=` has an empty value. An escape that is none stands for itself.
///
/// - Parameter query: with or without the leading `?`.
/// - Parameter name: decoded.
package func firstParameter(_ query: UnsafeRawBufferPointer, named name: UnsafeRawBufferPointer)
    -> UnsafeRawBufferPointer?
{
    var start = query.first == UInt8(ascii: "?") ? 1 : 0
    while start < query.count {
        var end = start
        var equals: Int?
        while end < query.count, query[end] != UInt8(ascii: "&") {
            if equals == nil, query[end] == UInt8(ascii: "=") { equals = end }
            end &+= 1
        }
        let part = UnsafeRawBufferPointer(rebasing: query[start..<(equals ?? end)])
        if !(part.isEmpty && equals == nil), decodes(part, to: name) {
            let value = equals.map { $0 &+ 1 } ?? end
            return UnsafeRawBufferPointer(rebasing: query[value..<end])
        }
        start = end &+ 1
    }
    return nil
}

/// Whether a part of a query is this text once it is decoded.
package func decodes(_ part: UnsafeRawBufferPointer, to text: UnsafeRawBufferPointer) -> Bool {
    var reader = QueryBytes(part)
    for byte in text {
        guard reader.next() == byte else { return false }
    }
    return reader.next() == nil
}

/// Decodes a part of a query for as long as a body runs. Only one that has an escape is copied.
package func withDecoded<R>(_ part: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    guard part.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return body(part) }
    return withUnsafeTemporaryAllocation(byteCount: part.count, alignment: 1) { output in
        var reader = QueryBytes(part)
        var count = 0
        while let byte = reader.next() {
            output[count] = byte
            count &+= 1
        }
        return body(UnsafeRawBufferPointer(rebasing: output[..<count]))
    }
}

/// The decoded bytes of a part of a query, one by one.
private struct QueryBytes {
    private let part: UnsafeRawBufferPointer
    private var index = 0

    init(_ part: UnsafeRawBufferPointer) { self.part = part }

    mutating func next() -> UInt8? {
        guard self.index < self.part.count else { return nil }
        let byte = self.part[self.index]
        self.index &+= 1
        if byte == UInt8(ascii: "+") { return UInt8(ascii: " ") }
        guard byte == UInt8(ascii: "%"), self.part.count &- self.index >= 2,
            let high = Self.digit(self.part[self.index]), let low = Self.digit(self.part[self.index &+ 1])
        else { return byte }
        self.index &+= 2
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }
}
