import Patterns

/// One part of a chain, as the filter tests it: it may say yes where the engine says no, never the other way round.
struct FilterPart: Sendable {
    enum Test: Sendable {
        /// Nothing is known of it: it may match any request.
        case unknown
        /// It matches no request that the filter looks at.
        case never
        /// A regular expression, which Hyperscan looks for and PCRE2 makes sure of.
        case expression(String, Pattern)
        /// Phrases, as patterns for Hyperscan.
        case patterns([String])
        case sqlInjection
        case crossSiteScripting
        /// One of these bytes is there.
        case bytes(Set<UInt8>)
        /// A percent sign without two digits behind it.
        case brokenEscape
        /// The regular expression is not found.
        case lacks(Pattern)
        /// It is none of the words of a text, or no part of one.
        case notWithin(String)
        /// So many lines of a name, which is in lower case: the operator and its number.
        case lines(String, operation: String, Int)
        case special(FilterSpecial)
    }

    let test: Test
    let places: FilterPlace
    /// Places of one name alone, in lower case.
    let named: [(place: FilterPlace, name: String)]
    let excluded: [(place: FilterPlace, name: String)]
    /// It looks at the value as any of these leaves it.
    let variants: [[Transformation]]
    let ignoresCase: Bool

    init(_ rule: Rule, first: Rule, _ rules: FilterRules) {
        var places: FilterPlace = []
        var (named, excluded) = ([(FilterPlace, String)](), [(FilterPlace, String)]())
        var isKnown = true
        for target in rule.targets where !target.isCount {
            guard let place = FilterPlace(target.name) else {
                isKnown = isKnown && target.isExcluded
                continue
            }
            let name = target.selector.map { $0.hasPrefix("/") ? nil : $0.lowercased() } ?? nil
            if target.isExcluded {
                if let name { excluded.append((place, name)) }
            } else if let name {
                named.append((place, name))
            } else {
                places.formUnion(place)
            }
        }
        (self.places, self.named, self.excluded) = (places, named, excluded)
        let names = rule.transformations
        let known = names.map { Transformation(rawValue: $0) }
        self.ignoresCase = Self.ignoresCase(rule)
        let transformations = known.compactMap(\.self)
        // Such a rule looks at the value after each of its transformations.
        let isMultiple = rule.first("multimatch") != nil
        self.variants =
            isMultiple ? (0...transformations.count).map { Array(transformations.prefix($0)) } : [transformations]
        self.test = Self.test(rule, first, rules, isClear: isKnown && !known.contains(nil))
    }

    private static func test(_ rule: Rule, _ first: Rule, _ rules: FilterRules, isClear: Bool) -> Test {
        if let special = FilterSpecial(rule, first, rules) { return .special(special) }
        if let holds = rules.holds(rule) { return holds ? .unknown : .never }
        if rule.looksAtNothing { return .never }
        if let lines = Self.lines(rule) { return lines }
        guard isClear, !rule.targets.contains(where: \.isCount) else { return .unknown }
        let argument = Self.expanded(rule.argument, rules)
        switch (rule.operation, rule.isNegated) {
        case ("rx", false):
            guard let argument else { return .unknown }
            // Bytes beyond ASCII are characters to one and bytes to the other.
            guard argument.utf8.allSatisfy({ $0 < 0x80 }),
                let pattern = try? Pattern("(?sm\(Self.ignoresCase(rule) ? "i" : ""))\(argument)", isLarge: true)
            else { return .patterns([argument]) }
            return .expression(argument, pattern)
        case ("rx", true):
            guard let argument, let pattern = try? Pattern("(?sm)\(argument)", isLarge: true) else { return .unknown }
            return .lacks(pattern)
        case ("phrases", false): return .phrases(rule.argument.split(separator: "\n").map(String.init))
        case ("pm", false): return .phrases(rule.argument.split(separator: " ").map(String.init))
        case ("contains", false), ("endsWith", false), ("beginsWith", false), ("streq", false), ("containsWord", false):
            return argument.map { .phrases([$0]) } ?? .unknown
        case ("within", true): return argument.map { .notWithin($0) } ?? .unknown
        case ("detectSQLi", false): return .sqlInjection
        case ("detectXSS", false): return .crossSiteScripting
        case ("validateByteRange", false): return Self.outside(rule.argument).map { .bytes($0) } ?? .unknown
        case ("validateUrlEncoding", false): return .brokenEscape
        default: return .unknown
        }
    }

    private static func ignoresCase(_ rule: Rule) -> Bool {
        rule.transformations.contains { $0 == "lowercase" || $0 == "cmdline" }
    }

    /// How many lines there are of a name.
    private static func lines(_ rule: Rule) -> Test? {
        guard let target = rule.targets.first, rule.targets.count == 1, target.isCount,
            target.name == "REQUEST_HEADERS", let name = target.selector, !name.hasPrefix("/"),
            let number = Int(rule.argument), ["eq", "gt", "ge", "lt", "le"].contains(rule.operation)
        else { return nil }
        return .lines(name.lowercased(), operation: (rule.isNegated ? "!" : "") + rule.operation, number)
    }

    /// The argument with what was set up put in; `nil`: it depends on the request.
    static func expanded(_ argument: String, _ rules: FilterRules) -> String? {
        var rest = argument[...]
        var text = ""
        while let percent = rest.firstIndex(of: "%") {
            text += rest[..<percent]
            rest = rest[percent...]
            guard rest.hasPrefix("%{") else {
                text += "%"
                rest = rest.dropFirst()
                continue
            }
            guard let end = rest.firstIndex(of: "}") else { return nil }
            let name = rest[rest.index(percent, offsetBy: 2)..<end].lowercased()
            guard name.hasPrefix("tx."), let value = rules.settings[String(name.dropFirst(3))] else { return nil }
            text += value
            rest = rest[rest.index(after: end)...]
        }
        return text + rest
    }

    /// The bytes that ranges such as `9,10,32-126` leave out.
    private static func outside(_ ranges: String) -> Set<UInt8>? {
        var bytes = Set(UInt8.min...UInt8.max)
        for range in ranges.split(separator: ",") {
            let ends = range.split(separator: "-").compactMap { UInt8($0.filter(\.isNumber)) }
            guard let low = ends.first, let high = ends.last, low <= high, ends.count <= 2 else { return nil }
            for byte in low...high { bytes.remove(byte) }
        }
        return bytes
    }
}

extension FilterPart.Test {
    /// Phrases as patterns, whatever their case. One that has signs of its own is not understood here.
    fileprivate static func phrases(_ phrases: [String]) -> Self {
        let signs: Set<UInt8> = [UInt8(ascii: "|"), UInt8(ascii: "\\")]
        guard !phrases.isEmpty,
            !phrases.contains(where: { $0.utf8.contains { signs.contains($0) } && $0.contains("|") })
        else { return .unknown }
        return .patterns(
            phrases.map { phrase in
                "(?i)"
                    + phrase.utf8.map { byte in
                        let digits = String(byte, radix: 16)
                        return "\\x" + (digits.count == 1 ? "0" : "") + digits
                    }.joined()
            })
    }
}
