/// A condition on the canonical path; case counts.
package enum PathMatch: Hashable, Sendable {
    case exact(String)
    /// Whole segments; without a trailing slash, `/` for every path.
    case prefix(String)
    /// Found anywhere in the path unless it is anchored.
    case regex(String)
}

extension PathMatch {
    init?(_ reader: inout ObjectReader) {
        let collector = reader.collector
        let given = reader.present(["exact", "prefix", "regex"])
        let exact = reader.optional("exact") { collector.path($0) }
        let prefix = reader.optional("prefix") { collector.path($0) }
        let regex = reader.optional("regex") { collector.pattern($0) }
        if given == 0 { collector.report("required", "one of exact, prefix and regex is required") }
        if given > 1 { collector.report("conflict", "exact, prefix and regex exclude each other") }
        if let exact {
            self = .exact(exact)
        } else if let prefix {
            self = .prefix(Self.withoutTrailingSlash(prefix))
        } else if let regex {
            self = .regex(regex)
        } else {
            return nil
        }
    }

    private static func withoutTrailingSlash(_ path: String) -> String {
        path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    }
}

extension FaultCollector {
    /// A path that a canonical request path can equal; anything else would never match.
    ///
    /// Requests are normalised before they are routed (RFC 3986 section 6.2.2) and `;` parameters are taken out.
    func path(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let fault = PathFault(text)
        guard let fault else { return text.withCanonicalEscapes }
        self.report("format", fault.detail, hint: fault.hint)
        return nil
    }
}

extension String {
    /// The digits of escapes in upper case, as canonical request paths have them.
    fileprivate var withCanonicalEscapes: String {
        guard self.utf8.contains(UInt8(ascii: "%")) else { return self }
        var bytes = Array(self.utf8)
        for index in bytes.indices where bytes[max(index - 2, 0)..<index].contains(UInt8(ascii: "%")) {
            if (0x61...0x66).contains(bytes[index]) { bytes[index] &-= 0x20 }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why no request can have a path.
private enum PathFault {
    case start, length, byte, parameter, escape, segment

    init?(_ text: String) {
        var text = text
        let found = text.withUTF8 { Self.find($0) }
        guard let found else { return nil }
        self = found
    }

    private static func find(_ bytes: UnsafeBufferPointer<UInt8>) -> PathFault? {
        guard bytes.first == UInt8(ascii: "/") else { return .start }
        guard bytes.count <= 4096 else { return .length }
        var segment = 0
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "/"):
                if index > 0, Self.isDotOrEmpty(bytes[segment..<index]) { return .segment }
                segment = index + 1
            case UInt8(ascii: ";"): return .parameter
            case UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"), 0...0x20, 0x7F...: return .byte
            case UInt8(ascii: "%"): if !Self.isCanonicalEscape(bytes[index...].prefix(3)) { return .escape }
            default: break
            }
        }
        let last = bytes[segment...]
        return !last.isEmpty && Self.isDotOrEmpty(last) ? .segment : nil
    }

    private static func isDotOrEmpty(_ segment: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        segment.count <= 2 && segment.allSatisfy { $0 == UInt8(ascii: ".") }
    }

    /// Whether an escape stays as it is in a normalised path: two digits, and neither an unreserved byte, which is
    /// decoded, nor a NUL, slash or backslash, which are refused.
    private static func isCanonicalEscape(_ escape: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard escape.count == 3 else { return false }
        guard let high = escape[escape.startIndex + 1].hexDigit, let low = escape[escape.startIndex + 2].hexDigit else {
            return false
        }
        let byte = high << 4 | low
        return !byte.isASCIIAlphanumeric && !"-._~/\\\0".utf8.contains(byte)
    }

    var detail: String {
        switch self {
        case .start: "a path begins with /"
        case .length: "a path has at most 4096 bytes"
        case .byte: "a path has no spaces, ?, #, \\ or characters beyond ASCII"
        case .parameter: "a path has no ;: parameters of a segment never count when a request is matched"
        case .escape: "an escape is % and two digits, and not of a letter, digit, - . _ ~ / \\ or NUL"
        case .segment: "request paths are normalised and never have dot segments or double slashes"
        }
    }

    var hint: String? {
        switch self {
        case .byte: "percent-encode them, as they are in requests"
        case .parameter: "leave out the ; and what follows it in the segment"
        case .escape: "write what need not be encoded as it is"
        case .start, .length, .segment: nil
        }
    }
}
