import GatewayModel

/// Changes of resources for people.
enum ChangeText {
    /// "route/shop created"; many are counted, and unchanged ones are not worth a line.
    static func done(_ changes: [JSON]) -> [String] {
        let effects = changes.compactMap { json -> (name: String, effect: String)? in
            guard let name = json.keyText, let effect = json["change"]?.stringValue, effect != "unchanged" else {
                return nil
            }
            return (name, effect)
        }
        if effects.count <= 20 { return effects.map { "\($0.name) \($0.effect)" } }
        let counts = Dictionary(effects.map { ($0.effect, 1) }, uniquingKeysWith: +)
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    }

    /// What an apply did: "route/shop updated", a line each, then "1 updated, 4 unchanged, version 18", then keys that were made.
    static func summary(_ body: JSON, isDryRun: Bool) -> String {
        let changes = body.list("changes")
        let version = body["version"].shown
        guard let counts = Self.counts(of: changes) else {
            return isDryRun ? "nothing would change" : "nothing changed, version \(version) stands"
        }
        let sum = isDryRun ? "\(counts); a dry run, nothing is stored" : "\(counts), version \(version)"
        return (Self.done(changes) + [sum] + GeneratedText.lines(body)).joined(separator: "\n")
    }

    /// `+ route/new`, `- route/old`, and `~ route/shop` with the fields that differ below it.
    static func differences(_ changes: [JSON]) -> [String] {
        changes.flatMap { change -> [String] in
            let name = change.keyText ?? "?"
            switch change["change"]?.stringValue {
            case "created": return [Terminal.styled("+ \(name)", .good)]
            case "deleted": return [Terminal.styled("- \(name)", .bad)]
            case "updated": return [Terminal.styled("~ \(name)", .doubtful)] + change.list("diff").map(Self.field)
            default: return []
            }
        }
    }

    /// "3 created, 1 deleted"; `nil` when nothing changes.
    static func counts(_ summary: JSON?) -> String? {
        let counts = ["created", "updated", "deleted"].compactMap { effect -> String? in
            guard let count = summary?[effect]?.integerValue, count > 0 else { return nil }
            return "\(count) \(effect)"
        }
        return counts.isEmpty ? nil : counts.joined(separator: ", ")
    }

    /// "3 created, 1 deleted, 7 unchanged"; `nil` when nothing changes.
    static func counts(of changes: [JSON]) -> String? {
        let effects = Dictionary(changes.map { ($0["change"].shown, Int64(1)) }, uniquingKeysWith: +)
        let summary = JSONObject(distinct: effects.map { ($0.key, .integer($0.value)) })
        guard let counts = Self.counts(.object(summary)) else { return nil }
        return effects["unchanged"].map { "\(counts), \($0) unchanged" } ?? counts
    }

    /// The names of what changes, for `-o name`.
    static func names(_ changes: [JSON]) -> String {
        changes.filter { $0["change"] != "unchanged" }.compactMap(\.keyText).joined(separator: "\n")
    }

    private static func field(_ difference: JSON) -> String {
        let pointer = difference["pointer"].shown
        let (before, after) = (Self.value(difference["before"]), Self.value(difference["after"]))
        switch difference["op"]?.stringValue {
        case "add": return "    \(pointer): added \(after)"
        case "remove": return "    \(pointer): removed, was \(before)"
        default: return "    \(pointer): \(before) -> \(after)"
        }
    }

    /// A value on one line; a long one, such as a certificate, by how it begins.
    private static func value(_ json: JSON?) -> String {
        let text = json?.text() ?? "nothing"
        return text.count > 120 ? "\(text.prefix(117))…" : text
    }
}
