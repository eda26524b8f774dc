/// What is done to the fields of a head: first `remove`, then `set`, then `add`.
package struct HeaderRules: Hashable, Sendable {
    /// One line to be written.
    package struct Field: Hashable, Sendable {
        /// As it was given.
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// In place of all lines of that name.
    package var set: [Field] = []
    /// Beside the lines of that name.
    package var add: [Field] = []
    /// Names in lower case.
    package var remove: [String] = []

    /// Nothing is done.
    package init() {}

    package var isEmpty: Bool { self.set.isEmpty && self.add.isEmpty && self.remove.isEmpty }
}

extension HeaderRules {
    /// What says how the message is framed, for whom it is, or how this one connection goes on.
    private static let kept: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade", "te",
        "trailer",
    ]

    init?(_ reader: inout ObjectReader) {
        self.init()
        let collector = reader.collector
        self.set = reader.read("set", default: []) { collector.headerFields($0, allowsLists: false) }
        self.add = reader.read("add", default: []) { collector.headerFields($0, allowsLists: true) }
        self.remove = reader.read("remove", default: []) { json in
            collector.distinctList(json) { collector.ruledName($0) }
        }
    }

    fileprivate static func isKept(_ name: String) -> Bool { Self.kept.contains(name.lowercased()) }
}

extension FaultCollector {
    /// Fields by name; with `allowsLists` a name may have a list of values.
    func headerFields(_ json: JSON, allowsLists: Bool) -> [HeaderRules.Field]? {
        guard let object = json.objectValue else {
            self.report("type", "expected an object of values by name, not \(json.kindName)")
            return nil
        }
        var fields: [HeaderRules.Field] = []
        var seen: Set<String> = []
        for member in object.members {
            self.inside(.member(member.name)) {
                guard self.ruledName(.string(member.name)) != nil else { return }
                if !seen.insert(member.name.lowercased()).inserted {
                    return self.report("duplicate", "field names ignore case: this one stands here already")
                }
                let isList = allowsLists && member.value.arrayValue != nil
                let values =
                    isList
                    ? self.list(member.value) { self.fieldValue($0) } : self.fieldValue(member.value).map { [$0] }
                fields += (values ?? []).map { HeaderRules.Field(member.name, $0) }
            }
        }
        return fields
    }

    /// The name, in lower case, of a field that rules may touch.
    fileprivate func ruledName(_ json: JSON) -> String? {
        guard let name = self.fieldName(json) else { return nil }
        guard HeaderRules.isKept(name) else { return name }
        self.report(
            "conflict", "\(name) says how messages are framed or where they go: it cannot be changed by a rule",
            hint: name == "host" ? "rewrite.hostname sets the Host that backends see" : nil)
        return nil
    }

    /// A field's value (RFC 9110 section 5.5), without space at its ends.
    func fieldValue(_ json: JSON) -> String? {
        guard let text = self.string(json) else { return nil }
        let isClean = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        let isTrimmed = [text.utf8.first, text.utf8.last].allSatisfy { $0 != 0x20 && $0 != 0x09 }
        if isClean, isTrimmed, text.utf8.count <= 4096 { return text }
        self.report("format", "a field's value has no control characters, no space at its ends, and at most 4096 bytes")
        return nil
    }
}
