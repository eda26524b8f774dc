import GatewayModel

/// A token that somebody asks for: `{name, role, labelSelector?, expiresIn?}`.
struct NewToken: Sendable {
    private static let fields: Set = ["name", "role", "labelSelector", "expiresIn"]

    let name: String
    let role: Role
    let labelSelector: String?
    /// `nil` for a token that does not expire.
    let lifetime: Milliseconds?

    /// - Throws: all faults at once.
    init(document: JSON) throws(Faults) {
        guard let object = document.objectValue else {
            throw Faults(faults: [Fault(pointer: "", code: "type", detail: "expected an object")])
        }
        var reader = Reader(object: object)
        let name = reader.name()
        let role = reader.role()
        self.labelSelector = reader.selector(for: role)
        self.lifetime = reader.lifetime()
        reader.refuseOthers(than: Self.fields)
        guard let name, let role, reader.faults.isEmpty else { throw Faults(faults: reader.faults) }
        self.name = name
        self.role = role
    }
}

/// Reads the fields one by one and collects what is wrong with them.
private struct Reader {
    let object: JSONObject
    private(set) var faults: [Fault] = []

    init(object: JSONObject) { self.object = object }

    mutating func name() -> String? {
        guard let text = self.text("name", isRequired: true) else { return nil }
        if ResourceKey.isName(text) { return text }
        self.fault(
            "name", "format", "a name is 1 to 63 of a-z, 0-9, - and ., with a letter or digit at both ends")
        return nil
    }

    mutating func role() -> Role? {
        guard let text = self.text("role", isRequired: true) else { return nil }
        if let role = Role(rawValue: text) { return role }
        let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
        self.fault("role", "format", "there is no such role", hint: "one of \(known)")
        return nil
    }

    mutating func selector(for role: Role?) -> String? {
        guard let text = self.text("labelSelector") else { return nil }
        if (try? LabelSelector(parsing: text)) == nil {
            self.fault("labelSelector", "format", "this is no label selector", hint: "write \"team=shop,env!=dev\"")
        } else if role != .editor, role != .operator, role != nil {
            self.fault(
                "labelSelector", "conflict", "a selector limits what is written: only editor and operator may have one")
        }
        return text
    }

    mutating func lifetime() -> Milliseconds? {
        guard let text = self.text("expiresIn") else { return nil }
        guard let time = parseLongDuration(text) else {
            self.fault("expiresIn", "format", "this is no duration", hint: "write \"12h\" or \"90d\"; at most 3650d")
            return nil
        }
        if time < 1000 { self.fault("expiresIn", "range", "a token is good for a second at least") }
        return time
    }

    mutating func refuseOthers(than fields: Set<String>) {
        for member in self.object.members where !fields.contains(member.name) {
            self.faults.append(
                Fault(
                    pointer: "/" + member.name.escapedForPointer, code: "unknown-field",
                    detail: "there is no such field here", hint: "one of \(fields.sorted().joined(separator: ", "))"))
        }
    }

    private mutating func text(_ field: String, isRequired: Bool = false) -> String? {
        switch self.object[field] ?? .null {
        case .string(let text): return text
        case .null:
            if isRequired { self.fault(field, "required", "\(field) is required") }
        case let other: self.fault(field, "type", "expected a string, not \(other.kindName)")
        }
        return nil
    }

    private mutating func fault(_ field: String, _ code: String, _ detail: String, hint: String? = nil) {
        self.faults.append(Fault(pointer: "/\(field)", code: code, detail: detail, hint: hint))
    }
}
