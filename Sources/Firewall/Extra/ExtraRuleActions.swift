/// The actions of a rule of a policy: none of them reaches files, processes, the network, or what is kept for later.
struct ExtraRuleActions {
    private(set) var id: Int?
    private(set) var isChained = false

    init(_ text: String) throws(ExtraRuleRefusal) {
        var rest = text.utf8[...]
        while let piece = try Self.next(&rest) {
            guard let name = piece.name.isEmpty ? nil : piece.name.lowercased() else { continue }
            guard Self.allowed.contains(name) else { throw ExtraRuleRefusal("a policy may not use the action \(name)") }
            try self.take(name, piece.value, isQuoted: piece.isQuoted)
        }
    }

    private mutating func take(_ name: String, _ value: String, isQuoted: Bool) throws(ExtraRuleRefusal) {
        guard !isQuoted || Self.quoted.contains(name) else { throw ExtraRuleRefusal("\(name) takes no quotes") }
        try ExtraRuleTargets.checkMacros(value)
        switch name {
        case "id":
            guard self.id == nil, let id = Int(value) else { throw ExtraRuleRefusal("\(value) is no id") }
            self.id = id
        case "chain": self.isChained = true
        case "setvar":
            let name = value.drop { $0 == "!" }.lowercased()
            guard name.hasPrefix("tx.") else { throw ExtraRuleRefusal("setvar sets variables of tx") }
        case "ctl":
            let name = value.prefix { $0 != "=" }.lowercased()
            guard Self.controls.contains(name) else { throw ExtraRuleRefusal("a policy may not use ctl:\(name)") }
        default: break
        }
    }

    /// Takes an action off the front: `name`, `name:value` or `name:'value'`, and the comma behind it.
    private static func next(
        _ text: inout Substring.UTF8View
    ) throws(ExtraRuleRefusal) -> (name: String, value: String, isQuoted: Bool)? {
        text = text.drop { $0 == 0x20 || $0 == 0x09 }
        if text.isEmpty { return nil }
        let name = text.prefix { $0.isRuleWord }
        text = text.dropFirst(name.count)
        var (value, isQuoted) = (text.prefix(0), false)
        if text.first == UInt8(ascii: ":") {
            text = text.dropFirst()
            isQuoted = text.first == UInt8(ascii: "'")
            value = isQuoted ? try Self.inQuotes(&text) : Self.plain(&text)
        }
        text = text.drop { $0 == 0x20 || $0 == 0x09 }
        guard !name.isEmpty, text.isEmpty || text.first == UInt8(ascii: ",") else {
            throw ExtraRuleRefusal("actions are names, with values behind a colon, between commas")
        }
        text = text.dropFirst()
        return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self), isQuoted)
    }

    private static func plain(_ text: inout Substring.UTF8View) -> Substring.UTF8View {
        let value = text.prefix { $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "'") && $0 != 0x5C }
        text = text.dropFirst(value.count)
        return value
    }

    /// No quote is escaped: how the engine reads that depends on the action.
    private static func inQuotes(_ text: inout Substring.UTF8View) throws(ExtraRuleRefusal) -> Substring.UTF8View {
        let value = text.dropFirst().prefix { $0 != UInt8(ascii: "'") && $0 != 0x5C }
        text = text.dropFirst(1 + value.count)
        guard text.first == UInt8(ascii: "'") else {
            throw ExtraRuleRefusal("a value in quotes ends with a quote, and has no backslash")
        }
        text = text.dropFirst()
        return value
    }

    private static let allowed: Set<String> = [
        "id", "phase", "msg", "logdata", "severity", "tag", "rev", "ver", "maturity", "accuracy", "t", "chain", "skip",
        "skipafter", "pass", "deny", "drop", "block", "allow", "status", "log", "nolog", "auditlog", "noauditlog",
        "capture", "multimatch", "setvar", "ctl",
    ]
    private static let quoted: Set<String> = ["msg", "logdata", "tag", "rev", "ver", "setvar", "severity"]
    private static let controls: Set<String> = [
        "ruleengine", "requestbodyaccess", "requestbodyprocessor", "forcerequestbodyvariable", "ruleremovebyid",
        "ruleremovebytag", "ruleremovetargetbyid", "ruleremovetargetbytag",
    ]
}
