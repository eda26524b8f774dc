/// The values of a JSON text (RFC 8259) with the names that the engine gives them: `json.a.array_0.b`.
///
/// It takes less than the engine: what it refuses is the engine's to read.
struct JSONValues {
    private static let deepest = 16

    private let text: UnsafeRawBufferPointer
    private var place = 0
    private var name = Array("json".utf8)

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// Shows every value that is no object and no array.
    ///
    /// - Returns: `false` for a text that it does not take, and where the body says so.
    mutating func read(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool) -> Bool {
        guard self.value(0, body) else { return false }
        self.skip()
        return self.place == self.text.count
    }

    private var next: UInt8? { self.place < self.text.count ? self.text[self.place] : nil }

    private mutating func skip() {
        while let byte = self.next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.place += 1 }
    }

    private mutating func takes(_ byte: UInt8) -> Bool {
        self.skip()
        guard self.next == byte else { return false }
        self.place += 1
        return true
    }

    private mutating func value(_ depth: Int, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool) -> Bool
    {
        guard depth < Self.deepest else { return false }
        self.skip()
        switch self.next {
        case UInt8(ascii: "{"): return self.object(depth, body)
        case UInt8(ascii: "["): return self.array(depth, body)
        case UInt8(ascii: "\""):
            guard let text = self.string() else { return false }
            return self.show(text, body)
        case UInt8(ascii: "t"): return self.word("true", shown: "true", body)
        case UInt8(ascii: "f"): return self.word("false", shown: "false", body)
        case UInt8(ascii: "n"): return self.word("null", shown: "", body)
        default:
            guard let number = self.number() else { return false }
            return self.show(number, body)
        }
    }

    private func show(_ value: [UInt8], _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool) -> Bool {
        self.name.withUnsafeBytes { name in value.withUnsafeBytes { body(name, $0) } }
    }

    private mutating func word(
        _ word: StaticString, shown: StaticString, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard self.text.count - self.place >= expected.count,
            self.text[self.place..<(self.place + expected.count)].elementsEqual(expected)
        else { return false }
        self.place += expected.count
        return self.show(Array(UnsafeBufferPointer(start: shown.utf8Start, count: shown.utf8CodeUnitCount)), body)
    }

    private mutating func object(
        _ depth: Int, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        self.place += 1
        let outer = self.name.count
        if self.takes(UInt8(ascii: "}")) { return true }
        repeat {
            self.skip()
            guard self.next == UInt8(ascii: "\""), let key = self.string(), self.takes(UInt8(ascii: ":")) else {
                return false
            }
            self.name.append(UInt8(ascii: "."))
            self.name += key.isEmpty ? Array("empty-key".utf8) : key
            guard self.value(depth + 1, body) else { return false }
            self.name.removeLast(self.name.count - outer)
        } while self.takes(UInt8(ascii: ","))
        return self.takes(UInt8(ascii: "}"))
    }

    private mutating func array(
        _ depth: Int, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        self.place += 1
        let outer = self.name.count
        if self.takes(UInt8(ascii: "]")) { return true }
        var index = 0
        repeat {
            self.name += Array(".array_\(index)".utf8)
            guard self.value(depth + 1, body) else { return false }
            self.name.removeLast(self.name.count - outer)
            index += 1
        } while self.takes(UInt8(ascii: ","))
        return self.takes(UInt8(ascii: "]"))
    }

    /// Without escapes but those of one byte.
    private mutating func string() -> [UInt8]? {
        self.place += 1
        var output: [UInt8] = []
        while let byte = self.next {
            self.place += 1
            switch byte {
            case UInt8(ascii: "\""): return output
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard let escaped = self.next, let meant = Self.escaped(escaped) else { return nil }
                self.place += 1
                output.append(meant)
            default: output.append(byte)
            }
        }
        return nil
    }

    private static func escaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    private mutating func number() -> [UInt8]? {
        let start = self.place
        if self.next == UInt8(ascii: "-") { self.place += 1 }
        guard let digits = self.digits(), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        if self.next == UInt8(ascii: ".") {
            self.place += 1
            guard self.digits() != nil else { return nil }
        }
        if let byte = self.next, byte | 0x20 == UInt8(ascii: "e") {
            self.place += 1
            if let sign = self.next, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { self.place += 1 }
            guard self.digits() != nil else { return nil }
        }
        return Array(self.text[start..<self.place])
    }

    private mutating func digits() -> [UInt8]? {
        let start = self.place
        while let byte = self.next, byte.isASCIIDigit { self.place += 1 }
        return self.place > start ? Array(self.text[start..<self.place]) : nil
    }
}
