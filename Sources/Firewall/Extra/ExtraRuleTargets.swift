/// What rules of a policy may look at: requests, and what rules have set; not the process's environment, nor what is kept for later.
enum ExtraRuleTargets {
    static func checked(_ text: String) throws(ExtraRuleRefusal) -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x60 }) else {
            throw ExtraRuleRefusal("targets are written without space")
        }
        // Both signs separate; a refused name stands behind one of them or at the beginning.
        for piece in text.split(whereSeparator: { $0 == "|" || $0 == "," }) {
            let name = piece.drop { $0 == "!" || $0 == "&" }.prefix { $0 != ":" && $0 != "." }.uppercased()
            if Self.refused.contains(name) { throw ExtraRuleRefusal("a policy may not look at \(name)") }
        }
        try Self.checkMacros(text)
        return text
    }

    /// `%{ENV.name}` would tell secrets of the process.
    static func checkMacros(_ text: String) throws(ExtraRuleRefusal) {
        let pieces = text.split(separator: "%{", omittingEmptySubsequences: false).dropFirst()
        for piece in pieces {
            let name = piece.drop { $0 == " " || $0 == "\t" }.prefix { $0.isASCII && ($0.isLetter || $0 == "_") }
                .uppercased()
            if name.isEmpty || Self.refused.contains(name) { throw ExtraRuleRefusal("a policy may not use %{\(name)}") }
        }
    }

    private static let refused: Set<String> = [
        "ENV", "IP", "GLOBAL", "SESSION", "USER", "RESOURCE", "GEO", "FILES_TMPNAMES",
    ]
}
