package import HTTPWire

/// A request as routing sees it. It owns nothing and copies nothing: it holds while the head and its bytes stand.
package struct RouteRequest {
    /// Normalised.
    package let path: UnsafeRawBufferPointer
    private let head: UnsafeRawBufferPointer
    private let methodSlice, querySlice: Slice
    private let fields: UnsafeBufferPointer<FieldLine>

    /// - Parameter bytes: those that the head was parsed from.
    /// - Parameter path: canonical, as `RequestPath` makes it.
    package init(_ head: borrowing RequestHead, of bytes: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer) {
        self.path = path
        self.head = bytes
        self.methodSlice = head.methodBytes
        self.querySlice = head.query
        self.fields = head.fields.lines
    }

    /// A request of which nothing but the path is known: it meets no other condition.
    package init(path: UnsafeRawBufferPointer) {
        self.path = path
        self.head = UnsafeRawBufferPointer(start: nil, count: 0)
        self.methodSlice = .empty
        self.querySlice = .empty
        self.fields = UnsafeBufferPointer(start: nil, count: 0)
    }

    package var method: UnsafeRawBufferPointer { self.bytes(self.methodSlice) }
    package var query: UnsafeRawBufferPointer { self.bytes(self.querySlice) }

    /// The first line of a name in lower case.
    package func header(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        for line in self.fields where self.has(line, name) { return self.bytes(line.value) }
        return nil
    }

    /// How many lines of a name in lower case there are.
    package func lineCount(_ name: UnsafeRawBufferPointer) -> Int {
        var count = 0
        for line in self.fields where self.has(line, name) { count &+= 1 }
        return count
    }

    /// The first cookie of a name; a client may send several lines (RFC 9113 section 8.2.3).
    package func cookie(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        withStaticBytes("cookie") { field in
            for line in self.fields where self.has(line, field) {
                if let value = firstCookie(self.bytes(line.value), named: name) { return value }
            }
            return nil
        }
    }

    /// Whether a client sends several cookies of a name: which of them others take is not known.
    package func hasSeveralCookies(_ name: UnsafeRawBufferPointer) -> Bool {
        withStaticBytes("cookie") { field in
            var isFirst = true
            for line in self.fields where self.has(line, field) {
                var rest = self.bytes(line.value)
                while let value = firstCookie(rest, named: name) {
                    if !isFirst { return true }
                    isFirst = false
                    rest = behind(value, in: rest)
                }
            }
            return false
        }
    }

    /// Whether the query has several parameters of a name.
    ///
    /// - Parameter name: decoded.
    package func hasSeveralParameters(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let value = firstParameter(self.query, named: name) else { return false }
        return firstParameter(behind(value, in: self.query), named: name) != nil
    }

    func eachFieldName(_ body: (Span<UInt8>) -> Void) {
        for line in self.fields {
            self.bytes(line.name).withMemoryRebound(to: UInt8.self) { body($0.span) }
        }
    }

    private func has(_ line: FieldLine, _ name: UnsafeRawBufferPointer) -> Bool {
        guard Int(line.name.count) == name.count else { return false }
        let bytes = self.bytes(line.name)
        guard bytes.count == name.count else { return false }
        for index in bytes.indices where lowercased(bytes[index]) != name[index] { return false }
        return true
    }

    private func bytes(_ slice: Slice) -> UnsafeRawBufferPointer {
        guard slice.range.upperBound <= self.head.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: self.head[slice.range])
    }
}

/// What stands behind a part of it.
private func behind(_ part: UnsafeRawBufferPointer, in whole: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let base = whole.baseAddress, let start = part.baseAddress else {
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    let offset = (start - base) &+ part.count
    guard (0...whole.count).contains(offset) else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: whole[offset...])
}

@inline(__always)
private func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

@inline(__always)
private func withStaticBytes<R>(_ text: StaticString, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    body(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}
