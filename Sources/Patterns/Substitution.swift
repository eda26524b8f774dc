import CPCRE2

/// What stands in place of a match: text with `$1` or `${1}` for the text of a group, `${name}` for a named one, and `$$` for a
/// dollar sign. `$0` is the whole match; a group that took no part is empty.
// Justified: the memory that it owns is never written to after it is made.
package final class Substitution: @unchecked Sendable {
    package let text: String
    private let parts: UnsafeMutableBufferPointer<cpcre2_part>
    private let literals: UnsafeMutableRawBufferPointer

    /// - Throws: when it names a group that the pattern has not, or a dollar sign stands alone.
    package init(_ text: String, for pattern: Pattern) throws(PatternError) {
        var reader = SubstitutionReader(Array(text.utf8), pattern)
        try reader.read()
        self.text = text
        self.parts = .allocate(capacity: reader.parts.count)
        _ = self.parts.initialize(
            from: reader.parts.map { part in
                switch part {
                case .group(let number): cpcre2_part(group: Int32(clamping: number), offset: 0, length: 0)
                case .literal(let range):
                    cpcre2_part(
                        group: -1, offset: UInt32(clamping: range.lowerBound), length: UInt32(clamping: range.count))
                }
            })
        self.literals = .allocate(byteCount: reader.literals.count, alignment: 1)
        self.literals.copyBytes(from: reader.literals)
    }

    deinit {
        self.parts.deallocate()
        self.literals.deallocate()
    }

    /// The substitution without its owner, for the request path; it must not outlive it.
    package var view: SubstitutionView {
        SubstitutionView(
            parts: self.parts.baseAddress.map { UnsafePointer($0) }, count: self.parts.count,
            literals: self.literals.baseAddress.map { UnsafeRawPointer($0) })
    }
}

/// A substitution as requests use it: reading it counts no reference.
// Justified: it points at what is never written to.
package struct SubstitutionView: @unchecked Sendable {
    let parts: UnsafePointer<cpcre2_part>?
    let count: Int
    let literals: UnsafeRawPointer?
}

/// Reads the text of a substitution.
private struct SubstitutionReader {
    fileprivate enum Part {
        case group(Int)
        /// Where in `literals`.
        case literal(Range<Int>)
    }

    fileprivate var parts: [Part] = []
    var literals: [UInt8] = []
    private let text: [UInt8]
    private let pattern: Pattern
    private var index = 0
    private var start = 0

    init(_ text: [UInt8], _ pattern: Pattern) {
        self.text = text
        self.pattern = pattern
    }

    private var next: UInt8? { self.index < self.text.count ? self.text[self.index] : nil }

    mutating func read() throws(PatternError) {
        while let byte = self.next {
            self.index += 1
            if byte == UInt8(ascii: "$") { try self.readReference() } else { self.literals.append(byte) }
        }
        self.endLiteral()
    }

    /// What follows a dollar sign.
    private mutating func readReference() throws(PatternError) {
        let dollar = self.index - 1
        if self.next == UInt8(ascii: "$") {
            self.index += 1
            return self.literals.append(UInt8(ascii: "$"))
        }
        let isBraced = self.next == UInt8(ascii: "{")
        if isBraced { self.index += 1 }
        let name = self.readName(digitsOnly: !isBraced)
        guard !name.isEmpty, !isBraced || self.next == UInt8(ascii: "}") else {
            throw PatternError(message: "a dollar sign is written $$, a group $1 or ${name}", offset: dollar)
        }
        if isBraced { self.index += 1 }
        self.endLiteral()
        self.parts.append(.group(try self.group(name, at: dollar)))
    }

    private mutating func readName(digitsOnly: Bool) -> String {
        let start = self.index
        while let byte = self.next, byte.isDigit || !digitsOnly && byte.isWordByte { self.index += 1 }
        return String(decoding: self.text[start..<self.index], as: UTF8.self)
    }

    private func group(_ name: String, at offset: Int) throws(PatternError) -> Int {
        if name.utf8.allSatisfy(\.isDigit) {
            if let number = Int(name), number <= self.pattern.groupCount { return number }
            throw PatternError(message: "the pattern has no group \(name)", offset: offset)
        }
        if let number = self.pattern.group(named: name) { return number }
        throw PatternError(message: "the pattern has no group named \(name)", offset: offset)
    }

    private mutating func endLiteral() {
        if self.start < self.literals.count { self.parts.append(.literal(self.start..<self.literals.count)) }
        self.start = self.literals.count
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
    fileprivate var isWordByte: Bool {
        self.isDigit || (0x41...0x5A).contains(self & 0xDF) || self == UInt8(ascii: "_")
    }
}
