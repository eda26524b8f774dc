import GatewayModel

/// What a configuration would change, for people: the same for `plan` and `diff`.
enum PlanText {
    /// The changes, what they do to traffic, then the sum.
    static func text(_ plan: JSON) -> String {
        let changes = ChangeText.differences(plan.list("changes"))
        let traffic = plan.list("traffic").map { Terminal.styled("! \(Self.effect($0))", .bad) }
        return (changes + traffic + [Self.sum(plan)]).joined(separator: "\n")
    }

    static func differs(_ plan: JSON) -> Bool { ChangeText.counts(plan["summary"]) != nil }

    /// "route/old: no longer served: it served /old"
    private static func effect(_ effect: JSON) -> String {
        let code = effect["code"]?.stringValue?.map { $0 == "-" ? " " : String($0) }.joined()
        return [effect.keyText, code, effect["detail"]?.stringValue].compactMap(\.self).joined(separator: ": ")
    }

    private static func sum(_ plan: JSON) -> String {
        let unchanged = plan["summary"]?["unchanged"]?.integerValue ?? 0
        let version = plan["version"]?.integerValue.map { " with version \($0)" } ?? ""
        guard let counts = ChangeText.counts(plan["summary"]) else { return "nothing differs\(version)" }
        return "\(counts), \(unchanged) unchanged, compared\(version)"
    }
}
