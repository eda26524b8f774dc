/// Reads JSON text piece by piece, strictly as RFC 8259 says, in one pass.
///
/// A whole value comes from `value()`. A consumer of a large text, such as a snapshot, walks it with `openObject`,
/// `nextMember`, `openArray` and `nextElement`, and so never holds the tree of the whole.
///
/// Refused beyond the grammar: nesting deeper than 64, duplicate members in a value, invalid UTF-8, lone surrogates,
/// numbers beyond a double. The buffer must outlive the reader.
package struct JSONReader: ~Copyable {
    /// How deep arrays and objects may nest; the reader recurses, and the text is a stranger's.
    package static let depthLimit = 64

    let bytes: UnsafeRawBufferPointer
    var offset = 0
    var depth = 0
    /// Elements and members of the containers that are still open; each container takes its own off the top at its end, and
    /// so gets one allocation of the right size.
    var elements: [JSON] = []
    var members: [(name: String, value: JSON)] = []
    /// Where strings with escapes are put together.
    var scratch: [UInt8] = []

    /// A reader at the start of `bytes`.
    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The byte at the offset, or NUL at the end: NUL is valid nowhere in JSON, so both are refused alike.
    @inline(__always)
    var current: UInt8 { self.offset < self.bytes.count ? self.bytes[self.offset] : 0 }

    @inline(__always)
    mutating func skipSpace() {
        while self.offset < self.bytes.count {
            switch self.bytes[self.offset] {
            case 0x20, 0x0A, 0x0D, 0x09: self.offset += 1
            default: return
            }
        }
    }

    /// An error at the current offset; text that ended too early always says so.
    @inline(never)
    func failure(_ message: String) -> JSONError {
        let ended = self.offset >= self.bytes.count
        return JSONError(offset: self.offset, message: ended ? "the text ends too early: \(message)" : message)
    }
}

extension JSONReader {
    /// Enters the object that starts here.
    package mutating func openObject() throws(JSONError) { try self.open(UInt8(ascii: "{"), "an object is expected") }

    /// Enters the array that starts here.
    package mutating func openArray() throws(JSONError) { try self.open(UInt8(ascii: "["), "an array is expected") }

    private mutating func open(_ byte: UInt8, _ message: String) throws(JSONError) {
        self.skipSpace()
        guard self.current == byte else { throw self.failure(message) }
        guard self.depth < Self.depthLimit else { throw self.failure("nested deeper than \(Self.depthLimit)") }
        self.depth += 1
        self.offset += 1
    }

    /// The name of the next member, its value being next; `nil` when the object has ended.
    ///
    /// - Parameter isFirst: true before the first call for an object; kept by the caller for the following ones.
    package mutating func nextMember(_ isFirst: inout Bool) throws(JSONError) -> String? {
        guard try self.step(UInt8(ascii: "}"), &isFirst) else { return nil }
        guard self.current == UInt8(ascii: "\"") else { throw self.failure("a member name in quotes is expected") }
        let name = try self.string()
        self.skipSpace()
        guard self.current == UInt8(ascii: ":") else { throw self.failure("':' is expected after a member name") }
        self.offset += 1
        return name
    }

    /// Whether another element follows in the array; if so it is next.
    ///
    /// - Parameter isFirst: true before the first call for an array; kept by the caller for the following ones.
    package mutating func nextElement(_ isFirst: inout Bool) throws(JSONError) -> Bool {
        try self.step(UInt8(ascii: "]"), &isFirst)
    }

    /// Moves over the comma to the next item, or over the closing byte.
    @inline(__always)
    private mutating func step(_ closing: UInt8, _ isFirst: inout Bool) throws(JSONError) -> Bool {
        self.skipSpace()
        if self.current == closing {
            self.offset += 1
            self.depth -= 1
            return false
        }
        guard !isFirst else {
            isFirst = false
            return true
        }
        guard self.current == UInt8(ascii: ",") else { throw self.failure("',' or the closing bracket is expected") }
        self.offset += 1
        self.skipSpace()
        guard self.current != closing else { throw self.failure("a comma before the closing bracket") }
        return true
    }

    /// Checks that nothing but white space is left.
    package mutating func end() throws(JSONError) {
        self.skipSpace()
        guard self.offset == self.bytes.count else { throw self.failure("text after the end of the value") }
    }
}
