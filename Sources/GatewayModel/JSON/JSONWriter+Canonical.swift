extension JSONWriter {
    /// Appends the canonical form of a compact text: what `write` in the style `canonical` makes of the value, without the
    /// detour of making the value.
    ///
    /// - Parameter text: as a compact writer wrote it. What is no such text is appended in some form, and harms nobody.
    package mutating func writeCanonical(_ text: [UInt8]) {
        text.withUnsafeBytes { text in
            var reordering = Reordering(text)
            reordering.value(&self.bytes)
        }
    }
}

/// Copies a text and puts the members of its objects in order.
private struct Reordering {
    /// Where a member's name stands in the text, without its quotes, and the whole member in what was written.
    private struct Member {
        let name: Range<Int>
        let written: Range<Int>
    }

    private let text: UnsafeRawBufferPointer
    private var offset = 0
    /// Of the objects that are still open.
    private var members: [Member] = []

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    private var current: UInt8 { self.offset < self.text.count ? self.text[self.offset] : 0 }

    mutating func value(_ output: inout [UInt8]) {
        switch self.current {
        case UInt8(ascii: "{"): self.object(&output)
        case UInt8(ascii: "["): self.array(&output)
        case UInt8(ascii: "\""): self.copy(self.string(), &output)
        default: self.copy(self.word(), &output)
        }
    }

    private func copy(_ range: Range<Int>, _ output: inout [UInt8]) {
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: self.text[range]))
    }

    /// Moves over a string with its quotes.
    private mutating func string() -> Range<Int> {
        let start = min(self.offset, self.text.count)
        self.offset += 1
        while self.offset < self.text.count, self.current != UInt8(ascii: "\"") {
            self.offset += self.current == UInt8(ascii: "\\") ? 2 : 1
        }
        self.offset = min(self.offset + 1, self.text.count)
        return start..<self.offset
    }

    /// Moves over a number, `true`, `false` or `null`.
    private mutating func word() -> Range<Int> {
        let start = min(self.offset, self.text.count)
        self.offset = start
        while self.offset < self.text.count {
            switch self.current {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): return start..<self.offset
            default: self.offset += 1
            }
        }
        return start..<self.offset
    }

    private mutating func array(_ output: inout [UInt8]) {
        repeat {
            output.append(self.current)
            self.offset += 1
            if self.current != UInt8(ascii: "]") { self.value(&output) }
        } while self.current == UInt8(ascii: ",")
        output.append(UInt8(ascii: "]"))
        self.offset += 1
    }

    private mutating func object(_ output: inout [UInt8]) {
        let (first, start) = (self.members.count, output.count)
        repeat {
            output.append(self.current)
            self.offset += 1
            if self.current != UInt8(ascii: "}") { self.member(&output) }
        } while self.current == UInt8(ascii: ",")
        output.append(UInt8(ascii: "}"))
        self.offset += 1
        self.sort(first..., &output, from: start)
        self.members.removeLast(self.members.count - first)
    }

    private mutating func member(_ output: inout [UInt8]) {
        let begin = output.count
        let name = self.string()
        self.copy(name, &output)
        output.append(UInt8(ascii: ":"))
        self.offset += 1
        self.value(&output)
        let inner = name.count < 2 ? name : name.lowerBound + 1..<name.upperBound - 1
        self.members.append(Member(name: inner, written: begin..<output.count))
    }

    /// Writes the members of an object again when they are not in order.
    private func sort(_ range: PartialRangeFrom<Int>, _ output: inout [UInt8], from start: Int) {
        let members = self.members[range]
        let isSorted = zip(members, members.dropFirst()).allSatisfy { !self.precedes($1, $0) }
        guard !isSorted else { return }
        let written = Array(output[start...])
        output.removeLast(written.count)
        for (index, member) in members.sorted(by: self.precedes).enumerated() {
            output.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            output.append(contentsOf: written[member.written.lowerBound - start..<member.written.upperBound - start])
        }
        output.append(UInt8(ascii: "}"))
    }

    /// By the bytes of the names.
    private func precedes(_ left: Member, _ right: Member) -> Bool {
        let names = (self.text[left.name], self.text[right.name])
        guard names.0.contains(UInt8(ascii: "\\")) || names.1.contains(UInt8(ascii: "\\")) else {
            return names.0.lexicographicallyPrecedes(names.1)
        }
        return self.unescaped(names.0).utf8.lexicographicallyPrecedes(self.unescaped(names.1).utf8)
    }

    private func unescaped(_ name: Slice<UnsafeRawBufferPointer>) -> String {
        let quoted = [UInt8(ascii: "\"")] + Array(name) + [UInt8(ascii: "\"")]
        return (try? JSON(parsing: quoted))?.stringValue ?? ""
    }
}
