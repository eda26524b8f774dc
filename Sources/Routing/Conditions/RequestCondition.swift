package import GatewayModel
package import Patterns

/// A condition on requests for whoever is no route, compiled to the program that routes run.
package final class RequestCondition: Sendable {
    private let path: PathMatch
    /// See `ConditionWriter`; it holds addresses of what `patterns` owns.
    private let program: [UInt8]
    private let patterns: RoutePatterns?

    /// - Throws: when a regular expression does not compile.
    package init(_ match: RouteMatch) throws(PatternError) {
        var pool = PatternPool()
        let patterns = try pool.patterns(of: [match])
        self.path = match.path
        self.patterns = patterns
        self.program = ConditionWriter(match, patterns)?.bytes ?? []
    }

    /// Whether all of it holds; `.limit` where a search was given up, which whoever asked must take for neither.
    package func test(_ request: RouteRequest) -> Found {
        guard self.path.holds(request.path) else { return .no }
        if self.program.isEmpty { return .yes }
        return withExtendedLifetime(self.patterns) {
            self.program.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return .yes }
                var reader = ConditionReader(start)
                return reader.test(request)
            }
        }
    }
}

extension PathMatch {
    /// Whether a canonical path is the exact one, or has the prefix as whole segments; regular expressions are the program's.
    fileprivate func holds(_ path: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .exact(let text): return path.elementsEqual(text.utf8)
        case .prefix(let text):
            let prefix = text.utf8.last == UInt8(ascii: "/") ? text.utf8.dropLast() : text.utf8[...]
            guard path.starts(with: prefix) else { return false }
            let rest = path.dropFirst(prefix.count).first
            return rest == nil || rest == UInt8(ascii: "/")
        case .regex: return true
        }
    }
}
