/// One field line of a head: where its name and value stand, and whether it may be passed on.
package struct FieldLine: Sendable {
    package let line: Slice
    package let name: Slice
    /// Without the white space around it.
    package let value: Slice
    package let known: FieldName
    /// Whether the line is passed on; a name that `Connection` lists loses this.
    package var isCopied: Bool
    /// Whether the raw line already is `name: value` CRLF, so that it can be copied as it stands.
    package let isPlain: Bool
}

/// The field lines of one head, in a store that is kept from head to head.
///
/// Not copyable, so that nothing on the request path can make a second reference to the store by accident
/// (`scripts/bench counters`: one retain per request, the route's).
package struct FieldLines: ~Copyable {
    private var storage: UnsafeMutableBufferPointer<FieldLine>
    package private(set) var count = 0

    package init(capacity: Int) {
        self.storage = .allocate(capacity: max(capacity, 1))
    }

    deinit {
        self.storage.deallocate()
    }

    /// - Precondition: `index` is below `count`.
    package subscript(index: Int) -> FieldLine {
        @inline(__always)
        get { self.storage[index] }
    }

    /// All lines, for those who look through them; they stand until the next line is added or removed.
    package var lines: UnsafeBufferPointer<FieldLine> {
        UnsafeBufferPointer(rebasing: UnsafeBufferPointer(self.storage)[..<self.count])
    }

    package mutating func removeAll() {
        self.count = 0
    }

    mutating func append(_ line: FieldLine) {
        if self.count == self.storage.count { self.grow() }
        self.storage.initializeElement(at: self.count, to: line)
        self.count += 1
    }

    /// Drops every line with this name (RFC 9110 section 7.6.1: what `Connection` names ends here).
    mutating func drop(named name: Span<UInt8>, in bytes: Span<UInt8>) {
        for index in 0..<self.count where bytes.extracting(self.storage[index].name.range).equalsIgnoringCase(name) {
            self.storage[index].isCopied = false
        }
    }

    /// Takes one line out of what is passed on and of what it may mean to the gateway.
    mutating func forget(at index: Int) {
        guard index >= 0, index < self.count else { return }
        let line = self.storage[index]
        self.storage[index] = FieldLine(
            line: line.line, name: line.name, value: line.value, known: .other, isCopied: false, isPlain: line.isPlain)
    }

    /// Takes lines out; the order of the others stays.
    mutating func remove(where isRemoved: (FieldLine) -> Bool) {
        var kept = 0
        for index in 0..<self.count {
            let line = self.storage[index]
            if isRemoved(line) { continue }
            self.storage[kept] = line
            kept += 1
        }
        self.count = kept
    }

    /// Takes one line out of what is passed on; does nothing past the end.
    mutating func drop(at index: Int) {
        guard index >= 0, index < self.count else { return }
        self.storage[index].isCopied = false
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutableBufferPointer<FieldLine>.allocate(capacity: self.storage.count * 2)
        for index in 0..<self.count { larger.initializeElement(at: index, to: self.storage[index]) }
        self.storage.deallocate()
        self.storage = larger
    }
}

/// Reads field lines up to the blank line; the same rules for requests and responses (RFC 9112 section 5).
struct FieldLineReader: ~Copyable {
    enum Step {
        case line(FieldLine)
        case end(Int)
        case incomplete
        case refused
    }

    private var position: Int
    private let refusesUnderscore: Bool

    init(at position: Int, refusesUnderscore: Bool) {
        self.position = position
        self.refusesUnderscore = refusesUnderscore
    }

    mutating func next(in bytes: Span<UInt8>) -> Step {
        let start = self.position
        guard start < bytes.count else { return .incomplete }
        if bytes[start] == 0x0D { return self.blankLine(in: bytes) }

        var offset = start
        while offset < bytes.count, bytes[offset].isToken {
            if bytes[offset] == 0x5F, self.refusesUnderscore { return .refused }
            offset += 1
        }
        guard offset < bytes.count else { return .incomplete }
        guard bytes[offset] == 0x3A, offset > start else { return .refused }
        let nameEnd = offset
        return self.value(in: bytes, lineStart: start, nameEnd: nameEnd)
    }

    private mutating func value(in bytes: Span<UInt8>, lineStart: Int, nameEnd: Int) -> Step {
        var start = nameEnd + 1
        while start < bytes.count, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        var offset = start
        while offset < bytes.count, bytes[offset].isFieldByte { offset += 1 }
        guard offset + 1 < bytes.count else {
            return offset < bytes.count && bytes[offset] != 0x0D ? .refused : .incomplete
        }
        guard bytes[offset] == 0x0D, bytes[offset + 1] == 0x0A else { return .refused }
        var end = offset
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        self.position = offset + 2

        let name = Slice(from: lineStart, to: nameEnd)
        let known = FieldName(bytes.extracting(name.range))
        let isPlain = end == offset && start == nameEnd + 2 && bytes[nameEnd + 1] == 0x20
        return .line(
            FieldLine(
                line: Slice(from: lineStart, to: self.position), name: name, value: Slice(from: start, to: end),
                known: known, isCopied: known.isCopied, isPlain: isPlain))
    }

    private func blankLine(in bytes: Span<UInt8>) -> Step {
        guard self.position + 1 < bytes.count else { return .incomplete }
        return bytes[self.position + 1] == 0x0A ? .end(self.position + 2) : .refused
    }
}
