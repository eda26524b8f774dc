/// Conditions on labels, all of which must hold: `team=shop,env!=dev`.
struct LabelSelector: Sendable, Hashable {
    private struct Condition: Hashable {
        let label: String
        let value: String
        let isEqual: Bool
    }

    private let conditions: [Condition]

    /// Takes everything.
    static let all = LabelSelector(conditions: [])

    private init(conditions: [Condition]) { self.conditions = conditions }

    init(parsing text: String) throws(Refusal) {
        var conditions: [Condition] = []
        for term in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let sign = term.firstIndex(of: "="), sign != term.startIndex else { throw Self.malformed(term) }
            let before = term.index(before: sign)
            let isEqual = term[before] != "!"
            let label = String(term[..<(isEqual ? sign : before)])
            guard !label.isEmpty else { throw Self.malformed(term) }
            let value = String(term[term.index(after: sign)...])
            conditions.append(Condition(label: label, value: value, isEqual: isEqual))
        }
        self.conditions = conditions
    }

    /// A label that is missing is different from every value.
    func matches(_ labels: [String: String]) -> Bool {
        self.conditions.allSatisfy { (labels[$0.label] == $0.value) == $0.isEqual }
    }

    private static func malformed(_ term: Substring) -> Refusal {
        QueryParameters.refusal("labelSelector", "holds `\(term)`, which is neither label=value nor label!=value")
    }
}
