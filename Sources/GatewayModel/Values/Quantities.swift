/// Milliseconds; 0 switches a limit off where the field says so.
package typealias Milliseconds = UInt64

extension FaultCollector {
    private static let units: [(suffix: String, milliseconds: UInt64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
    ]

    /// A duration such as `250ms`, `10s` or `1h30m`; at most 365 days.
    func duration(_ json: JSON) -> Milliseconds? {
        guard let text = self.string(json) else { return nil }
        guard let value = Self.milliseconds(text) else {
            self.report("format", "\(text.quoted) is no duration", hint: "write \"250ms\", \"10s\" or \"1h30m\"")
            return nil
        }
        return value
    }

    /// Units must come from large to small, each once.
    static func milliseconds(_ text: String) -> Milliseconds? {
        var rest = Substring(text)
        var total: UInt64 = 0
        var smallest = UInt64.max
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            guard (1...12).contains(digits.utf8.count), let number = UInt64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            guard let unit = Self.units.first(where: { $0.suffix == name }), unit.milliseconds < smallest else {
                return nil
            }
            smallest = unit.milliseconds
            rest = rest.dropFirst(name.count)
            total += number * unit.milliseconds
        }
        return total <= 365 * 24 * 3_600_000 ? total : nil
    }

    /// A size in bytes: an integer, or a string such as `64Ki`, `10Mi`, `1Gi`.
    func size(_ json: JSON, in range: ClosedRange<Int64>) -> Int? {
        if case .string(let text) = json {
            guard let value = Self.bytes(text) else {
                self.report("format", "\(text.quoted) is no size", hint: "write bytes, \"64Ki\" or \"10Mi\"")
                return nil
            }
            return self.integer(.integer(value), in: range).map { Int($0) }
        }
        return self.integer(json, in: range).map { Int($0) }
    }

    static func bytes(_ text: String) -> Int64? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard (1...12).contains(digits.utf8.count), let number = Int64(digits) else { return nil }
        switch text.dropFirst(digits.count) {
        case "": return number
        case "Ki": return number << 10
        case "Mi": return number << 20
        case "Gi": return number << 30
        default: return nil
        }
    }
}
