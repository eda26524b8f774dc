import GatewayModel

extension JSON {
    /// For a cell or a line, harmless to terminals: text and numbers as they are, a list by its first three elements.
    var shown: String {
        switch self {
        case .string(let text): text.harmless
        case .null: "-"
        case .array(let elements): elements.shown { $0.shown }
        case .bool, .integer, .double, .object: self.text()
        }
    }

    /// "route/shop" of something that has a kind and a name.
    var keyText: String? {
        guard let kind = self["kind"]?.stringValue, let name = self["name"]?.stringValue else { return nil }
        return "\(kind)/\(name)"
    }

    /// The elements of a member that is a list; none when there is no such member.
    func list(_ member: String) -> [JSON] { self[member]?.arrayValue ?? [] }
}

extension JSON? {
    /// "-" for nothing.
    var shown: String { self?.shown ?? "-" }
}

extension [JSON] {
    /// The first three elements, and how many there are of more.
    func shown(_ cell: (JSON) -> String) -> String {
        guard !self.isEmpty else { return "-" }
        let first = self.prefix(3).map(cell).joined(separator: ",")
        return self.count > 3 ? "\(first),… (\(self.count))" : first
    }
}
