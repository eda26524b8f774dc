/// The value of the first cookie of a name in one `Cookie` field, without the quotes around it (RFC 6265 section 4.1.1).
///
/// Names and values are compared as they are. White space around both is left out; a part without `=` is no cookie.
package func firstCookie(_ field: UnsafeRawBufferPointer, named name: UnsafeRawBufferPointer)
    -> UnsafeRawBufferPointer?
{
    var start = 0
    while start < field.count {
        var end = start
        var equals: Int?
        while end < field.count, field[end] != UInt8(ascii: ";") {
            if equals == nil, field[end] == UInt8(ascii: "=") { equals = end }
            end &+= 1
        }
        if let equals, equalBytes(trimmed(field, start, equals), name) {
            return unquoted(trimmed(field, equals &+ 1, end))
        }
        start = end &+ 1
    }
    return nil
}

private func trimmed(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
    var (start, end) = (start, end)
    while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start &+= 1 }
    while end > start, bytes[end &- 1] == 0x20 || bytes[end &- 1] == 0x09 { end &-= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
}

private func unquoted(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") else { return value }
    return UnsafeRawBufferPointer(rebasing: value[1..<(value.count &- 1)])
}
