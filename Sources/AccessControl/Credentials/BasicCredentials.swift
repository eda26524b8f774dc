/// User name and password of a field `Authorization: Basic …` (RFC 7617 section 2).
package struct BasicCredentials: Hashable {
    /// What a field is.
    package enum Reading: Hashable {
        case credentials(BasicCredentials)
        /// Another scheme's, or empty.
        case otherScheme
        /// Of the scheme, and not as it should be.
        case malformed
    }

    package let user: String
    /// As it was shown; it may hold colons.
    package let password: [UInt8]

    /// Reads strictly: the scheme in any case, spaces, base64 with padding and nothing else, in it UTF-8 for the user with a
    /// colon behind it, and no control characters anywhere, which the standard forbids and which would cut a password short
    /// where it is taken for a C string. An empty user or password is read as it is.
    package static func read(_ field: UnsafeRawBufferPointer) -> Reading {
        guard let shown = credential(of: field, scheme: "basic") else { return .otherScheme }
        guard let bytes = decodedBase64(shown), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            let user = String(validating: bytes[..<colon], as: UTF8.self)
        else { return .malformed }
        return .credentials(BasicCredentials(user: user, password: Array(bytes[(colon + 1)...])))
    }
}

/// What stands behind a scheme and spaces, when the field is of that scheme (RFC 9110 section 11.4); schemes are compared without
/// case.
///
/// - Parameter scheme: in lower case.
package func credential(of field: UnsafeRawBufferPointer, scheme: StaticString) -> UnsafeRawBufferPointer? {
    credential(of: field, scheme: UnsafeRawBufferPointer(start: scheme.utf8Start, count: scheme.utf8CodeUnitCount))
}

/// As above.
func credential(of field: UnsafeRawBufferPointer, scheme: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard field.count > scheme.count, field[scheme.count] == 0x20 else { return nil }
    for index in scheme.indices {
        let byte = field[index]
        guard ((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) == scheme[index] else { return nil }
    }
    var start = scheme.count
    while start < field.count, field[start] == 0x20 { start &+= 1 }
    return UnsafeRawBufferPointer(rebasing: field[start...])
}
