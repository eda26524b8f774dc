/// A rule as it is written.
struct Rule: Sendable {
    /// One of the things that are looked at.
    struct Target: Hashable, Sendable {
        /// `!`: not this one.
        var isExcluded = false
        /// `&`: how many there are.
        var isCount = false
        /// In upper case.
        var name = ""
        /// Behind the colon; in slashes a regular expression.
        var selector: String?
    }

    var targets: [Target] = []
    /// `!` before the operator.
    var isNegated = false
    /// Without the at sign; `rx` where none is written.
    var operation = ""
    var argument = ""
    var actions: [(name: String, value: String)] = []

    /// - Returns: `nil` for what is no `SecRule` or `SecAction`.
    init?(_ directive: RuleDirective) {
        switch (directive.name.lowercased(), directive.arguments.count) {
        case ("secrule", 2...3):
            self.targets = Self.targets(directive.arguments[0])
            self.read(operation: directive.arguments[1])
            if directive.arguments.count == 3 { self.actions = Self.actions(directive.arguments[2]) }
        case ("secaction", 1):
            self.operation = "unconditionalMatch"
            self.actions = Self.actions(directive.arguments[0])
        default: return nil
        }
    }

    var id: Int? { self.first("id").flatMap { Int($0) } }
    var isChained: Bool { self.first("chain") != nil }
    /// In their order, in lower case, behind the last `none`.
    var transformations: [String] {
        var names: [String] = []
        for action in self.actions where action.name == "t" {
            let name = action.value.lowercased()
            if name == "none" { names = [] } else { names.append(name) }
        }
        return names
    }

    func first(_ action: String) -> String? { self.actions.first { $0.name == action }?.value }

    private mutating func read(operation text: String) {
        var text = text[...]
        if text.hasPrefix("!") {
            self.isNegated = true
            text = text.dropFirst()
        }
        guard text.hasPrefix("@") else {
            (self.operation, self.argument) = ("rx", String(text))
            return
        }
        let word = text.dropFirst().prefix { $0 != " " }
        self.operation = String(word)
        self.argument = String(text.dropFirst(1 + word.count).drop { $0 == " " })
    }

    private static func targets(_ text: String) -> [Target] {
        Self.split(text, at: UInt8(ascii: "|"), groups: [UInt8(ascii: "/"), UInt8(ascii: "'")]).map { piece in
            var target = Target()
            var rest = piece[...]
            while let sign = rest.first, sign == "!" || sign == "&" {
                if sign == "!" { target.isExcluded = true } else { target.isCount = true }
                rest = rest.dropFirst()
            }
            let name = rest.prefix { $0 != ":" }
            target.name = name.uppercased()
            if name.count < rest.count {
                var selector = rest.dropFirst(name.count + 1)
                if selector.hasPrefix("'"), selector.hasSuffix("'"), selector.count > 1 {
                    selector = selector.dropFirst().dropLast()
                }
                target.selector = String(selector)
            }
            return target
        }
    }

    private static func actions(_ text: String) -> [(name: String, value: String)] {
        Self.split(text, at: UInt8(ascii: ","), groups: [UInt8(ascii: "'")]).map { piece in
            let piece = piece.drop { $0 == " " || $0 == "\t" }
            let name = piece.prefix { $0 != ":" }
            var value = piece.dropFirst(name.count + 1)
            if value.hasPrefix("'"), value.hasSuffix("'"), value.count > 1 { value = value.dropFirst().dropLast() }
            return (name.lowercased().filter { $0 != " " }, String(value))
        }
    }

    /// Pieces between separators that stand outside of all groups, which begin and end with the same sign.
    private static func split(_ text: String, at separator: UInt8, groups: [UInt8]) -> [String] {
        var pieces: [String] = []
        var piece: [UInt8] = []
        var group: UInt8?
        var last: UInt8 = 0
        for byte in text.utf8 {
            if let open = group {
                if byte == open, last != UInt8(ascii: "\\") { group = nil }
            } else if groups.contains(byte), !piece.elementsEqual("XML:".utf8) {
                group = byte
            } else if byte == separator {
                pieces.append(String(decoding: piece, as: UTF8.self))
                piece = []
                last = byte
                continue
            }
            piece.append(byte)
            last = byte
        }
        if !piece.isEmpty { pieces.append(String(decoding: piece, as: UTF8.self)) }
        return pieces
    }
}
