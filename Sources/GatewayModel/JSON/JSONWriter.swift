/// Puts JSON text together, value by value.
package struct JSONWriter {
    /// What has been written.
    package var bytes: [UInt8] = []
    private let style: JSONStyle
    private var depth = 0

    package init(style: JSONStyle = .compact) { self.style = style }

    /// Appends a value.
    package mutating func write(_ value: JSON) {
        switch value {
        case .null: self.raw("null")
        case .bool(let value): self.raw(value ? "true" : "false")
        case .integer(let number): self.raw(String(number))
        case .double(let number): self.raw(number.isFinite ? number.description : "null")
        case .string(let text): self.write(text)
        case .array(let elements): self.write(elements)
        case .object(let object): self.write(self.style == .canonical ? object.sortedByName() : object)
        }
    }

    /// Appends text as it is: punctuation, or JSON that is already encoded.
    package mutating func raw(_ text: String) { self.bytes.append(contentsOf: text.utf8) }

    private mutating func write(_ elements: [JSON]) {
        guard !elements.isEmpty else { return self.raw("[]") }
        self.open(UInt8(ascii: "["))
        for index in elements.indices {
            self.separate(index)
            self.write(elements[index])
        }
        self.close(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject) {
        guard !object.isEmpty else { return self.raw("{}") }
        self.open(UInt8(ascii: "{"))
        for index in object.members.indices {
            self.separate(index)
            self.write(object.members[index].name)
            self.raw(self.style == .pretty ? ": " : ":")
            self.write(object.members[index].value)
        }
        self.close(UInt8(ascii: "}"))
    }

    private mutating func open(_ bracket: UInt8) {
        self.bytes.append(bracket)
        self.depth += 1
    }

    private mutating func separate(_ index: Int) {
        if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
        self.breakLine()
    }

    private mutating func close(_ bracket: UInt8) {
        self.depth -= 1
        self.breakLine()
        self.bytes.append(bracket)
    }

    private mutating func breakLine() {
        guard self.style == .pretty else { return }
        self.bytes.append(0x0A)
        self.bytes.append(contentsOf: repeatElement(0x20, count: 2 * self.depth))
    }
}

extension JSONWriter {
    /// Appends a string with its quotes; what RFC 8259 section 7 demands is escaped and nothing else.
    package mutating func write(_ text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            if utf8.contains(where: needsEscape) {
                for byte in utf8 { self.escape(byte) }
            } else {
                self.bytes.append(contentsOf: utf8)
            }
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.raw("\\\"")
        case UInt8(ascii: "\\"): self.raw("\\\\")
        case 0x0A: self.raw("\\n")
        case 0x0D: self.raw("\\r")
        case 0x09: self.raw("\\t")
        case 0..<0x20: self.raw("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
        default: self.bytes.append(byte)
        }
    }
}

private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}
