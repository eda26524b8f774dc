/// The one canonical form of a request's path, made once: what the router, the rules and the upstream all see.
package enum RequestPath: Hashable, Sendable {
    /// The path is canonical as it was sent and has no `;` parameters.
    case plain
    /// `wire` bytes of the scratch memory go upstream; the `match` bytes behind them are what routes are matched with.
    case rewritten(wire: Int, match: Int)
    /// A path that two parties could read differently, or that is not well formed.
    case refused
}

extension RequestPath {
    /// Normalises by RFC 3986 section 6.2.2: dot segments go, percent-encoded unreserved bytes are decoded; besides,
    /// runs of slashes become one. An encoded or plain backslash, an encoded slash and an encoded NUL are refused.
    ///
    /// Only on the wire stay `;` parameters of a segment and the case of an escape's digits; in `match` parameters are
    /// left out and digits are upper case. A segment that is a dot segment, or an empty one before the last, but for its
    /// parameters is refused: backends that drop parameters would walk it.
    ///
    /// - Parameter scratch: at least twice the bytes of `path`, or the path is refused.
    package init(normalising path: Span<UInt8>, scratch: UnsafeMutableBufferPointer<UInt8>) {
        guard Self.needsWork(path) else {
            self = .plain
            return
        }
        self = Self.rewrite(path, scratch: scratch)
    }

    private static func needsWork(_ path: Span<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for offset in path.indices {
            let byte = path[offset]
            if byte == 0x25 || byte == 0x3B || byte == 0x5C { return true }
            if previous == 0x2F, byte == 0x2F || byte == 0x2E { return true }
            previous = byte
        }
        return false
    }

    @inline(never)
    private static func rewrite(_ path: Span<UInt8>, scratch: UnsafeMutableBufferPointer<UInt8>) -> RequestPath {
        guard let base = scratch.baseAddress, scratch.count >= path.count * 2, !path.isEmpty else { return .refused }
        guard let decoded = Self.decode(path, into: base) else { return .refused }
        guard let wire = Self.removeDotSegments(base, count: decoded) else { return .refused }
        let match = Self.makeMatch(base, count: wire, into: base + wire)
        return .rewritten(wire: wire, match: match)
    }

    private static func decode(_ path: Span<UInt8>, into output: UnsafeMutablePointer<UInt8>) -> Int? {
        var count = 0
        var offset = 0
        while offset < path.count {
            let byte = path[offset]
            guard byte != 0x5C else { return nil }
            if byte == 0x25 {
                guard offset + 2 < path.count, let high = path[offset + 1].hexValue, let low = path[offset + 2].hexValue
                else { return nil }
                let value = high << 4 | low
                guard value != 0, value != 0x2F, value != 0x5C else { return nil }
                if value.isUnreserved {
                    output[count] = value
                    count += 1
                } else {
                    for index in 0..<3 { output[count + index] = path[offset + index] }
                    count += 3
                }
                offset += 3
            } else {
                output[count] = byte
                count += 1
                offset += 1
            }
        }
        return count
    }

    /// Works in place: what is written never overtakes what is read.
    private static func removeDotSegments(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Int? {
        guard count > 0, bytes[0] == 0x2F else { return nil }
        var output = 0
        var offset = 0
        while offset < count {
            // At a slash: find the segment behind it.
            var end = offset + 1
            while end < count, bytes[end] != 0x2F { end += 1 }
            let segment = SegmentKind(bytes + offset + 1, count: end - offset - 1, isLast: end == count)
            switch segment {
            case .refused:
                return nil
            case .parent:
                while output > 0, bytes[output - 1] != 0x2F { output -= 1 }
                if output > 0 { output -= 1 }
                if end == count { output = Self.appendSlash(bytes, at: output) }
            case .empty:
                if end == count { output = Self.appendSlash(bytes, at: output) }
            case .plain:
                for index in offset..<end { bytes[output + index - offset] = bytes[index] }
                output += end - offset
            }
            offset = end
        }
        return output == 0 ? Self.appendSlash(bytes, at: 0) : output
    }

    private static func appendSlash(_ bytes: UnsafeMutablePointer<UInt8>, at output: Int) -> Int {
        bytes[output] = 0x2F
        return output + 1
    }

    private static func makeMatch(
        _ bytes: UnsafeMutablePointer<UInt8>, count: Int, into output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var written = 0
        var isParameter = false
        for offset in 0..<count {
            let byte = bytes[offset]
            if byte == 0x2F { isParameter = false } else if byte == 0x3B { isParameter = true }
            if !isParameter {
                let isDigit =
                    (written > 0 && output[written - 1] == 0x25) || (written > 1 && output[written - 2] == 0x25)
                output[written] = isDigit ? byte.uppercasedHexDigit : byte
                written += 1
            }
        }
        return written
    }
}

/// What a path segment is for dot-segment removal.
private enum SegmentKind {
    case plain, empty, parent, refused

    init(_ bytes: UnsafeMutablePointer<UInt8>, count: Int, isLast: Bool) {
        var name = 0
        while name < count, bytes[name] != 0x3B { name += 1 }
        let hasParameters = name < count
        let isDot = name == 1 && bytes[0] == 0x2E
        let isDotDot = name == 2 && bytes[0] == 0x2E && bytes[1] == 0x2E
        if hasParameters {
            self = isDot || isDotDot || (name == 0 && !isLast) ? .refused : .plain
        } else if isDotDot {
            self = .parent
        } else {
            self = isDot || name == 0 ? .empty : .plain
        }
    }
}
