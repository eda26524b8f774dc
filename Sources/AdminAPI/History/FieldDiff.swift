import GatewayModel

/// What is different between two documents, field by field.
///
/// Each difference is `{"pointer", "op": "add"|"remove"|"replace", "before"?, "after"?}`. Pointers (RFC 6901) of what was
/// added are those of the later document, all others those of the earlier one.
struct FieldDiff {
    /// Stands for the value of a secret field, of which a difference only says that there is one.
    private static let secret: JSON = "(secret)"

    private let secretFields: Set<String>
    private var differences: [JSON] = []

    /// - Parameters:
    ///   - before: `nil`: there was nothing, and all of `after` is one addition.
    ///   - secretFields: members of the documents whose values are never shown.
    static func between(_ before: JSON?, _ after: JSON?, secretFields: [String] = []) -> [JSON] {
        var diff = FieldDiff(secretFields: Set(secretFields))
        diff.compare(before, after, at: "", isDocument: true)
        return diff.differences
    }

    private init(secretFields: Set<String>) { self.secretFields = secretFields }

    private mutating func compare(_ before: JSON?, _ after: JSON?, at pointer: String, isDocument: Bool = false) {
        if before == after { return }
        switch (before, after) {
        case (.object(let old)?, .object(let new)?): self.compare(old, new, at: pointer, isDocument)
        case (.array(let old)?, .array(let new)?): self.compare(old, new, at: pointer)
        default:
            self.note(
                pointer, isDocument ? before.map(self.withoutSecrets) : before,
                isDocument ? after.map(self.withoutSecrets) : after)
        }
    }

    private mutating func compare(_ old: JSONObject, _ new: JSONObject, at pointer: String, _ isDocument: Bool) {
        let names = old.members.map(\.name) + new.members.map(\.name).filter { old[$0] == nil }
        for name in names {
            let (before, after) = (old[name], new[name])
            let place = "\(pointer)/\(Self.escaped(name))"
            if isDocument, self.secretFields.contains(name) {
                if before != after { self.note(place, before.map { _ in Self.secret }, after.map { _ in Self.secret }) }
            } else {
                self.compare(before, after, at: place)
            }
        }
    }

    /// What two lists begin and end with alike is left alone, so that one element put in between is one difference.
    private mutating func compare(_ old: [JSON], _ new: [JSON], at pointer: String) {
        let start = zip(old, new).prefix { $0 == $1 }.count
        let shorter = min(old.count, new.count) - start
        let end = zip(old.reversed(), new.reversed()).prefix(shorter).prefix { $0 == $1 }.count
        let (changed, change) = (old.dropLast(end), new.dropLast(end))
        for index in start..<max(changed.count, change.count) {
            // Not `nil` beside a value in one expression: JSON has a `nil` of its own.
            let before = index < changed.count ? Optional(changed[index]) : .none
            let after = index < change.count ? Optional(change[index]) : .none
            self.compare(before, after, at: "\(pointer)/\(index)")
        }
    }

    private mutating func note(_ pointer: String, _ before: JSON?, _ after: JSON?) {
        let operation = before == nil ? "add" : after == nil ? "remove" : "replace"
        var difference: JSONObject = ["pointer": .string(pointer), "op": .string(operation)]
        if let before { difference["before"] = before }
        if let after { difference["after"] = after }
        self.differences.append(.object(difference))
    }

    private func withoutSecrets(_ document: JSON) -> JSON {
        guard case .object(var members) = document else { return document }
        for (name, _) in members.members where self.secretFields.contains(name) { members[name] = Self.secret }
        return .object(members)
    }

    private static func escaped(_ name: String) -> String {
        name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
