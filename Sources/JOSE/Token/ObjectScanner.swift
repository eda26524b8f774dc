/// Walks a JSON object strictly, as `JSONReader` reads it, and makes no tree: a token has a dozen members of which five matter.
///
/// What it takes, `JSONReader` takes, and the other way round; the fuzzer of tokens holds them together. What would need memory
/// (names with escapes, too many members open at once, numbers that no integer holds) it leaves to the reader, and says so.
struct ObjectScanner: ~Copyable {
    /// Why a text is not walked to its end.
    enum Stop: Error {
        /// No object of JSON.
        case malformed
        /// Perhaps one: the reader has to say.
        case intricate
        /// Whoever is told of the members does not want this one.
        case refused(TokenFault)
    }

    /// Where a name stands, of an object that is still open.
    struct Name {
        var offset: UInt32
        var count: UInt32
    }

    /// As many names may be open at once before it gets intricate.
    static let nameLimit = 96
    /// That of `JSONReader`; there is a test that they are the same.
    static let depthLimit = 64

    let bytes: UnsafeRawBufferPointer
    private let names: UnsafeMutableBufferPointer<Name>
    private var open = 0
    private var depth = 0
    var offset = 0

    init(_ bytes: UnsafeRawBufferPointer, names: UnsafeMutableBufferPointer<Name>) {
        self.bytes = bytes
        self.names = names
    }

    /// Walks the one object that the text is.
    ///
    /// - Parameter member: is told of each member of the object itself: the name, and the text of the value.
    mutating func walk(
        _ member: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(Stop) -> Void
    ) throws(Stop) {
        self.skipSpace()
        guard self.current == UInt8(ascii: "{") else { throw .malformed }
        try self.object(member)
        self.skipSpace()
        guard self.offset == self.bytes.count else { throw .malformed }
    }
}

extension ObjectScanner {
    /// The byte at the offset, or NUL at the end, which is valid nowhere.
    @inline(__always)
    var current: UInt8 { self.offset < self.bytes.count ? self.bytes[self.offset] : 0 }

    @inline(__always)
    private mutating func skipSpace() {
        while self.offset < self.bytes.count {
            switch self.bytes[self.offset] {
            case 0x20, 0x0A, 0x0D, 0x09: self.offset &+= 1
            default: return
            }
        }
    }

    @inline(__always)
    func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self.bytes[start..<end])
    }

    @inline(__always)
    private mutating func object(
        _ member: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(Stop) -> Void
    ) throws(Stop) {
        try self.enter()
        let first = self.open
        var seen: UInt64 = 0
        while try self.hasNext(UInt8(ascii: "}"), isFirst: self.open == first) {
            let name = try self.name(first, &seen)
            self.skipSpace()
            guard self.current == UInt8(ascii: ":") else { throw .malformed }
            self.offset &+= 1
            self.skipSpace()
            let start = self.offset
            try self.value()
            try member(name, self.slice(start, self.offset))
        }
        self.open = first
        self.depth &-= 1
    }

    private mutating func nestedObject() throws(Stop) {
        try self.object { (_, _) throws(Stop) in }
    }

    private mutating func array() throws(Stop) {
        try self.enter()
        var isFirst = true
        while try self.hasNext(UInt8(ascii: "]"), isFirst: isFirst) {
            isFirst = false
            self.skipSpace()
            try self.value()
        }
        self.depth &-= 1
    }

    /// Over the opening bracket.
    @inline(__always)
    private mutating func enter() throws(Stop) {
        guard self.depth < Self.depthLimit else { throw .malformed }
        self.depth &+= 1
        self.offset &+= 1
    }

    /// Moves over the comma to the next item, or over the closing byte.
    @inline(__always)
    private mutating func hasNext(_ closing: UInt8, isFirst: Bool) throws(Stop) -> Bool {
        self.skipSpace()
        if self.current == closing {
            self.offset &+= 1
            return false
        }
        guard !isFirst else { return true }
        guard self.current == UInt8(ascii: ",") else { throw .malformed }
        self.offset &+= 1
        self.skipSpace()
        guard self.current != closing else { throw .malformed }
        return true
    }

    private mutating func value() throws(Stop) {
        switch self.current {
        case UInt8(ascii: "\""): _ = try self.string()
        case UInt8(ascii: "{"): try self.nestedObject()
        case UInt8(ascii: "["): try self.array()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try self.number()
        case UInt8(ascii: "t"): try self.literal("true")
        case UInt8(ascii: "f"): try self.literal("false")
        case UInt8(ascii: "n"): try self.literal("null")
        default: throw .malformed
        }
    }

    private mutating func literal(_ word: StaticString) throws(Stop) {
        for index in 0..<word.utf8CodeUnitCount {
            guard self.current == word.utf8Start[index] else { throw .malformed }
            self.offset &+= 1
        }
    }
}

extension ObjectScanner {
    /// The name that starts here, noted among those of its object; twice the same is refused.
    ///
    /// - Parameters:
    ///   - first: where the names of the object begin.
    ///   - seen: one bit for each kind of name that there was, so that most names need no comparison.
    @inline(__always)
    private mutating func name(_ first: Int, _ seen: inout UInt64) throws(Stop) -> UnsafeRawBufferPointer {
        guard self.current == UInt8(ascii: "\"") else { throw .malformed }
        let start = self.offset &+ 1
        guard try !self.string() else { throw .intricate }
        let name = self.slice(start, self.offset &- 1)
        let bit = kind(of: name)
        if seen & bit != 0 { try self.requireNew(name, first) }
        seen |= bit
        guard self.open < self.names.count else { throw .intricate }
        self.names[self.open] = Name(
            offset: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: name.count))
        self.open &+= 1
        return name
    }

    private func requireNew(_ name: UnsafeRawBufferPointer, _ first: Int) throws(Stop) {
        for index in first..<self.open {
            let other = self.names[index]
            guard Int(other.count) == name.count else { continue }
            let start = Int(other.offset)
            if equalBytes(self.slice(start, start &+ name.count), name) { throw .malformed }
        }
    }
}

/// One bit of 64, the same for equal names.
@inline(__always)
private func kind(of name: UnsafeRawBufferPointer) -> UInt64 {
    guard let first = name.first, let last = name.last else { return 1 }
    let mixed = UInt64(first) &* 5 &+ UInt64(last) &* 11 &+ UInt64(truncatingIfNeeded: name.count) &* 23
    return 1 << (mixed & 63)
}
