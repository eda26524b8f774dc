package import GatewayModel
package import Patterns

/// The compiled regular expressions of one route's matches, by their text.
package final class RoutePatterns: Sendable {
    let byText: [String: Pattern]

    fileprivate init(_ byText: [String: Pattern]) { self.byText = byText }
}

/// Compiles the patterns of many routes, each text once.
package struct PatternPool {
    /// More run interpreted: machine code takes some KiB for each, and routes may be a hundred thousand.
    private static let machineCodeLimit = 1000

    private var byText: [String: Pattern] = [:]

    package init() {}

    /// - Parameter known: those of the route before it was changed.
    /// - Returns: `nil` when the route has none.
    /// - Throws: for the first that is no regular expression.
    package mutating func patterns(
        of route: Route, known: RoutePatterns? = nil
    ) throws(PatternError) -> RoutePatterns? {
        try self.patterns(of: route.matches, known: known)
    }

    /// - Returns: `nil` when none of the matches has one.
    mutating func patterns(
        of matches: [RouteMatch], known: RoutePatterns? = nil
    ) throws(PatternError) -> RoutePatterns? {
        var patterns: [String: Pattern] = [:]
        for text in matches.lazy.flatMap(\.patterns) {
            patterns[text] = try self.pattern(text, known: known?.byText[text])
        }
        return patterns.isEmpty ? nil : RoutePatterns(patterns)
    }

    /// - Parameter known: that of the route before it was changed.
    mutating func pattern(_ text: String, known: Pattern? = nil) throws(PatternError) -> Pattern {
        if let pooled = self.byText[text] { return pooled }
        let wantsMachineCode = self.byText.count < Self.machineCodeLimit
        let pattern = if let known { known } else { try Pattern(text, isCompiledToMachineCode: wantsMachineCode) }
        self.byText[text] = pattern
        return pattern
    }
}

extension RouteMatch {
    /// The texts of its regular expressions.
    fileprivate var patterns: [String] {
        var texts: [String] = []
        if case .regex(let text) = self.path { texts.append(text) }
        for condition in self.conditions {
            switch condition {
            case .header(_, .regex(let text)), .query(_, .regex(let text)), .cookie(_, .regex(let text)):
                texts.append(text)
            case .methods, .header, .query, .cookie: break
            }
        }
        return texts
    }
}
