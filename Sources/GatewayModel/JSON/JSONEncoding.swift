/// How a document is written.
package enum JSONStyle: Sendable {
    /// No white space, members in their order.
    case compact
    /// No white space, members sorted by the bytes of their names: equal documents are equal texts.
    case canonical
    /// For people: two spaces a level.
    case pretty
}

extension JSON {
    package func encoded(_ style: JSONStyle = .compact) -> [UInt8] {
        var encoder = JSONEncoder(style: style)
        encoder.write(self, level: 0)
        if style == .pretty { encoder.output.append(0x0A) }
        return encoder.output
    }

    package func text(_ style: JSONStyle = .compact) -> String {
        String(decoding: self.encoded(style), as: UTF8.self)
    }
}

private struct JSONEncoder {
    let style: JSONStyle
    var output: [UInt8] = []

    init(style: JSONStyle) {
        self.style = style
        self.output.reserveCapacity(256)
    }

    mutating func write(_ value: JSON, level: Int) {
        switch value {
        case .null: self.append("null")
        case .bool(let value): self.append(value ? "true" : "false")
        case .integer(let value): self.append("\(value)")
        case .double(let value): self.append(value.isFinite ? "\(value)" : "null")
        case .string(let text): self.write(text)
        case .array(let elements):
            self.write(elements, between: (0x5B, 0x5D), level) { $0.write($1, level: level + 1) }
        case .object(let object):
            let members =
                self.style == .canonical
                ? object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } : object.members
            self.write(members, between: (0x7B, 0x7D), level) { encoder, member in
                encoder.write(member.name)
                encoder.append(encoder.style == .pretty ? ": " : ":")
                encoder.write(member.value, level: level + 1)
            }
        }
    }

    private mutating func write<Element>(
        _ elements: [Element], between brackets: (UInt8, UInt8), _ level: Int,
        _ one: (inout JSONEncoder, Element) -> Void
    ) {
        self.output.append(brackets.0)
        for (index, element) in elements.enumerated() {
            if index > 0 { self.output.append(0x2C) }
            self.breakLine(level + 1)
            one(&self, element)
        }
        if !elements.isEmpty { self.breakLine(level) }
        self.output.append(brackets.1)
    }

    private mutating func breakLine(_ level: Int) {
        guard self.style == .pretty else { return }
        self.output.append(0x0A)
        self.output.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    private mutating func append(_ text: String) {
        self.output.append(contentsOf: text.utf8)
    }

    private mutating func write(_ text: String) {
        self.output.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                self.output.append(0x5C)
                self.output.append(byte)
            case 0x0A: self.append("\\n")
            case 0x0D: self.append("\\r")
            case 0x09: self.append("\\t")
            case 0..<0x20, 0x7F:
                self.append("\\u00")
                self.output.append(Self.hexDigit(byte >> 4))
                self.output.append(Self.hexDigit(byte & 0xF))
            default: self.output.append(byte)
            }
        }
        self.output.append(0x22)
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
