/// The rules that could say something of a request at a policy's paranoia level, taken from the very text that the engine reads.
struct FilterRules {
    /// A rule, or a chain of them, that matches only if all its parts do.
    struct Chain {
        let id: Int
        let parts: [Rule]
    }

    private(set) var chains: [Chain] = []
    /// What actions set before a request comes, by name in lower case.
    private(set) var settings: [String: String] = [:]
    /// The text has something of which it is not known what it does to rules.
    private(set) var isUnclear = false

    private var marker: String?
    private var open: [Rule] = []

    /// Sums up what others have found; see `RuleText`.
    private static let summaries = 949_000...949_999

    /// - Parameter include: the text of a file that the text names; `nil`: it cannot be read.
    init(_ text: String, include: (String) -> String?) {
        var removed: Set<Int> = []
        for directive in RuleDirective.read(text) {
            if directive.name.lowercased() == "include", let path = directive.arguments.first {
                guard let included = include(path) else {
                    self.isUnclear = true
                    continue
                }
                let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                    separator: "/")
                for directive in RuleDirective.read(included) {
                    self.take(directive, &removed) { include("\(folder)/\($0)") }
                }
            } else {
                self.take(directive, &removed) { include($0) }
            }
        }
        self.chains.removeAll { removed.contains($0.id) }
    }

    private mutating func take(_ directive: RuleDirective, _ removed: inout Set<Int>, _ file: (String) -> String?) {
        switch directive.name.lowercased() {
        case "secrule", "secaction":
            guard var rule = Rule(directive) else { return self.isUnclear = true }
            if rule.changesOthers { self.isUnclear = true }
            rule.readPhrases(file)
            self.take(rule)
        case "secmarker": if directive.arguments.first == self.marker { self.marker = nil }
        case "secruleremovebyid":
            for argument in directive.arguments { if let id = Int(argument) { removed.insert(id) } }
        // Fewer rules: those that stay are asked for more than they would say.
        case "secruleremovebytag", "secruleremovebymsg": break
        case let name where name.hasPrefix("secruleupdate"): self.isUnclear = true
        default: break
        }
    }

    private mutating func take(_ rule: Rule) {
        guard self.marker == nil || !self.open.isEmpty else { return }
        self.open.append(rule)
        guard !rule.isChained else { return }
        let parts = self.open
        self.open = []
        self.close(parts)
    }

    private mutating func close(_ parts: [Rule]) {
        guard let first = parts.first else { return }
        if let marker = first.first("skipafter"), parts.count == 1, self.holds(first) == true {
            // Others skip for reasons that a request brings: then fewer rules are asked.
            self.marker = marker
            return
        }
        if first.first("nolog") != nil, !parts.contains(where: \.refuses) {
            if parts.count == 1, self.holds(first) != false { self.set(first) }
            return
        }
        let id = first.id ?? 0
        if Self.summaries.contains(id) || id == FirewallVerdict.scoreRule { return }
        self.chains.append(Chain(id: id, parts: parts))
    }

    /// Takes over what a rule sets whatever the request; what else is set is not known, see `FilterPart`.
    private mutating func set(_ rule: Rule) {
        for action in rule.actions where action.name == "setvar" {
            let text = action.value
            guard text.lowercased().hasPrefix("tx."), let equals = text.firstIndex(of: "=") else { continue }
            let name = text[text.index(text.startIndex, offsetBy: 3)..<equals].lowercased()
            let value = String(text[text.index(after: equals)...])
            guard !value.hasPrefix("+"), !value.contains("%{"), rule.isFixed else { continue }
            self.settings[name] = value
        }
    }

    /// Whether a condition holds that no request changes; `nil`: that is not known.
    func holds(_ rule: Rule) -> Bool? {
        guard rule.isFixed else { return nil }
        guard let target = rule.targets.first, rule.targets.count == 1, let name = target.selector?.lowercased() else {
            return rule.targets.isEmpty ? true : nil
        }
        let value = self.settings[name == "executing_paranoia_level" ? "paranoia_level" : name]
        let number = target.isCount ? (value == nil ? 0 : 1) : value.flatMap { Int($0) }
        guard let number, let argument = FilterPart.expanded(rule.argument, self).flatMap({ Int($0) }) else {
            return value == nil && !target.isCount ? false : nil
        }
        let result: Bool
        switch rule.operation {
        case "eq": result = number == argument
        case "lt": result = number < argument
        case "le": result = number <= argument
        case "gt": result = number > argument
        case "ge": result = number >= argument
        default: return nil
        }
        return result != rule.isNegated
    }
}

extension Rule {
    /// What `setvar` of requests sets.
    private static let captured: Set<String> = ["content_type", "extension", "real_ip"]

    /// It looks at what was set up alone.
    var isFixed: Bool {
        self.targets.allSatisfy { target in
            guard target.name == "TX", let selector = target.selector, !target.isExcluded else { return false }
            return selector.first?.isLetter == true && !Self.captured.contains(selector.lowercased())
                && !selector.lowercased().contains("anomaly_score")
        }
    }

    /// All that it looks at comes with bodies that the filter leaves to the engine, or with failures of the engine on values that
    /// are longer than those the filter looks at.
    var looksAtNothing: Bool {
        !self.targets.isEmpty
            && self.targets.allSatisfy { target in
                if target.name == "TX" {
                    return ["/^MSC_/", "/MULTIPART_HEADERS_CONTENT_TYPES_*/"].contains(target.selector ?? "")
                }
                return !target.isCount && FilterPlace(target.name)?.isEmpty == true
            }
    }

    /// A rule of the policy's own that changes how others work.
    var changesOthers: Bool {
        guard self.id.map({ $0 < 100_000 }) ?? false else { return false }
        return self.actions.contains { action in
            switch action.name {
            case "setvar": !action.value.lowercased().contains("anomaly_score")
            case "ctl": !action.value.lowercased().hasPrefix("ruleremove")
            case "skip", "skipafter", "initcol": true
            default: false
            }
        }
    }

    var refuses: Bool {
        self.actions.contains { ["deny", "block", "drop", "redirect"].contains($0.name) }
    }

    /// Has the phrases of a file as its argument, one on each line.
    mutating func readPhrases(_ file: (String) -> String?) {
        guard ["pmFromFile", "pmf"].contains(self.operation) else { return }
        guard let text = file(self.argument) else {
            self.operation = "unknown"
            return
        }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
        (self.operation, self.argument) = ("phrases", lines.joined(separator: "\n"))
    }
}
