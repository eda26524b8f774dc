import GatewayModel

/// Writes YAML of objects in which no text needs quotes, as nearly all do not: the same text as the library's, in a small part of
/// the time. A hundred thousand routes are exported so.
struct PlainYAML {
    private var bytes: [UInt8] = []
    private var isPlain = true

    /// - Returns: `nil` when something in it is not plain.
    static func text(_ json: JSON) -> String? {
        guard case .object(let members) = json, !members.isEmpty else { return nil }
        var yaml = PlainYAML()
        yaml.mapping(members, indent: 0)
        return yaml.isPlain ? String(decoding: yaml.bytes, as: UTF8.self) : nil
    }

    /// - Parameter isInline: the first member goes on where its list's dash stands.
    private mutating func mapping(_ members: JSONObject, indent: Int, isInline: Bool = false) {
        var isFirst = isInline
        for member in members.members where self.isPlain {
            if !isFirst { self.pad(indent) }
            isFirst = false
            self.scalar(.string(member.name))
            self.bytes.append(UInt8(ascii: ":"))
            switch member.value {
            case .object(let inner) where !inner.isEmpty:
                self.bytes.append(0x0A)
                self.mapping(inner, indent: indent + 2)
            case .array(let elements) where !elements.isEmpty:
                self.bytes.append(0x0A)
                self.sequence(elements, indent: indent)
            default:
                self.bytes.append(0x20)
                self.line(member.value)
            }
        }
    }

    private mutating func sequence(_ elements: [JSON], indent: Int, isInline: Bool = false) {
        var isFirst = isInline
        for element in elements where self.isPlain {
            if !isFirst { self.pad(indent) }
            isFirst = false
            self.bytes += "- ".utf8
            switch element {
            case .object(let inner) where !inner.isEmpty: self.mapping(inner, indent: indent + 2, isInline: true)
            case .array(let inner) where !inner.isEmpty: self.sequence(inner, indent: indent + 2, isInline: true)
            default: self.line(element)
            }
        }
    }

    private mutating func line(_ json: JSON) {
        self.scalar(json)
        self.bytes.append(0x0A)
    }

    private mutating func scalar(_ json: JSON) {
        switch json {
        case .null, .bool, .integer, .double, .array, .object: self.bytes += json.text().utf8
        case .string(let text):
            self.isPlain = self.isPlain && isPlainText(text)
            self.bytes += text.utf8
        }
    }

    private mutating func pad(_ count: Int) { self.bytes.append(contentsOf: repeatElement(0x20, count: count)) }
}

/// Whether every reader takes the text for this very string, without quotes.
private func isPlainText(_ text: String) -> Bool {
    guard let first = text.utf8.first,
        first.isASCIIAlphanumeric && first.decimalDigit == nil || first == UInt8(ascii: "/")
    else { return false }
    let isSafe = text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "/_.-".utf8.contains($0) }
    return isSafe && !isAmbiguous(text)
}
