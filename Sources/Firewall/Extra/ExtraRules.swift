/// Rules that a policy adds, checked: they look at requests and reach nothing else. Those who write policies need not own the machine.
///
/// `text` is written anew from what was checked, a directive a line, so that the engine reads no other thing than the check did.
struct ExtraRules {
    private(set) var text = ""
    private var ids: Set<Int> = []
    /// The rule before goes on in the next one.
    private var isChained = false

    /// - Throws: the first thing that a policy may not, with its line.
    init(_ source: String) throws(FirewallFault) {
        // The engine reads bytes: of ASCII, what is checked here by characters is the same to it.
        guard source.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) else {
            throw FirewallFault(
                .rules, "rules are ASCII without control characters: other bytes are written \\xHH",
                at: "/waf/extraRules")
        }
        for directive in RuleDirective.read(source) {
            do throws(ExtraRuleRefusal) {
                self.text += try self.line(directive) + "\n"
            } catch {
                throw FirewallFault(.rules, "line \(directive.line): \(error.message)", at: "/waf/extraRules")
            }
        }
        if self.isChained {
            throw FirewallFault(.rules, "the last rule is chained to none", at: "/waf/extraRules")
        }
    }

    private mutating func line(_ directive: RuleDirective) throws(ExtraRuleRefusal) -> String {
        let (name, arguments) = (directive.name.lowercased(), directive.arguments)
        for argument in arguments where argument.utf8.contains(UInt8(ascii: "\"")) || argument.hasSuffix("\\") {
            throw ExtraRuleRefusal("a quote is written \\x22, and no argument ends with a backslash")
        }
        for argument in arguments where argument.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 }) {
            throw ExtraRuleRefusal("a line end stands in an argument")
        }
        if self.isChained, name != "secrule" { throw ExtraRuleRefusal("a chained rule is followed by a SecRule") }
        switch (name, arguments.count) {
        case ("secrule", 2...3):
            let actions = arguments.count == 3 ? arguments[2] : ""
            let start = "SecRule \(try ExtraRuleTargets.checked(arguments[0])) \"\(try Self.operation(arguments[1]))\""
            try self.rule(actions)
            return actions.isEmpty ? start : start + " \"\(actions)\""
        case ("secaction", 1):
            try self.rule(arguments[0])
            return "SecAction \"\(arguments[0])\""
        case ("secmarker", 1): return "SecMarker \"\(try Self.word(arguments[0]))\""
        case ("secruleremovebyid", 1...):
            var line = "SecRuleRemoveById"
            for argument in arguments { line += " \(try Self.numbers(argument))" }
            return line
        case ("secruleremovebytag", 1): return "SecRuleRemoveByTag \"\(arguments[0])\""
        case ("secruleremovebymsg", 1): return "SecRuleRemoveByMsg \"\(arguments[0])\""
        case ("secruleupdatetargetbyid", 2):
            return "SecRuleUpdateTargetById \(try Self.numbers(arguments[0])) "
                + "\"\(try ExtraRuleTargets.checked(arguments[1]))\""
        case ("secruleupdatetargetbytag", 2):
            return "SecRuleUpdateTargetByTag \"\(arguments[0])\" \"\(try ExtraRuleTargets.checked(arguments[1]))\""
        case ("secruleupdateactionbyid", 2):
            guard try ExtraRuleActions(arguments[1]).id == nil else { throw ExtraRuleRefusal("an id stays as it is") }
            return "SecRuleUpdateActionById \(try Self.numbers(arguments[0])) \"\(arguments[1])\""
        case ("secrule", _), ("secaction", _), ("secmarker", _), ("secruleremovebyid", _), ("secruleremovebytag", _),
            ("secruleremovebymsg", _), ("secruleupdatetargetbyid", _), ("secruleupdatetargetbytag", _),
            ("secruleupdateactionbyid", _):
            throw ExtraRuleRefusal("\(directive.name) does not take \(arguments.count) arguments")
        default: throw ExtraRuleRefusal("a policy may not use \(directive.name)")
        }
    }

    /// The first rule of a chain has an id; those that follow have none.
    private mutating func rule(_ text: String) throws(ExtraRuleRefusal) {
        let actions = try ExtraRuleActions(text)
        if self.isChained {
            guard actions.id == nil else { throw ExtraRuleRefusal("a rule that a chain goes on with has no id") }
        } else {
            guard let id = actions.id, (1...99_999).contains(id) else {
                throw ExtraRuleRefusal("a rule has an id from 1 to 99999")
            }
            guard self.ids.insert(id).inserted else { throw ExtraRuleRefusal("two rules have the id \(id)") }
        }
        self.isChained = actions.isChained
    }

    /// An operator that reads no file and asks nobody.
    private static func operation(_ text: String) throws(ExtraRuleRefusal) -> String {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        if rest.hasPrefix("!") { rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" } }
        try ExtraRuleTargets.checkMacros(text)
        guard rest.hasPrefix("@") else { return text }
        let name = rest.dropFirst().prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }.lowercased()
        guard Self.operators.contains(name) else {
            throw ExtraRuleRefusal("a policy may not use the operator @\(name)")
        }
        return text
    }

    private static func word(_ text: String) throws(ExtraRuleRefusal) -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0.isRuleWord }) else {
            throw ExtraRuleRefusal("a marker has letters, digits, - and _")
        }
        return text
    }

    /// `942100` or `942100-942199`.
    private static func numbers(_ text: String) throws(ExtraRuleRefusal) -> String {
        let numbers = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(numbers.count),
            numbers.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } && Int32($0) != nil })
        else { throw ExtraRuleRefusal("\(text) is no number of a rule") }
        return text
    }

    private static let operators: Set<String> = [
        "rx", "pm", "streq", "strmatch", "contains", "containsword", "beginswith", "endswith", "within", "eq", "ge",
        "gt",
        "le", "lt", "detectsqli", "detectxss", "ipmatch", "validatebyterange", "validateurlencoding",
        "validateutf8encoding", "unconditionalmatch", "nomatch", "verifycc", "verifyssn", "verifycpf",
    ]
}

/// Why a line is not taken.
struct ExtraRuleRefusal: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

extension UInt8 {
    /// Letters, digits, `-` and `_`.
    var isRuleWord: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }
}
