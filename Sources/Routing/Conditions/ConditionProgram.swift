import GatewayModel
import Patterns

/// The conditions of a match as bytes beside the links of a host, so that testing them follows no reference.
///
/// Each condition is a kind and what it needs: lengths have four bytes, a pattern is the address of its code, and `end` is last.
/// What is cheap to test comes before regular expressions.
enum ConditionKind: UInt8 {
    case end, methods, header, query, cookie, pathPattern, headerPattern, queryPattern, cookiePattern
    /// A pattern that nobody compiled: the request can be given to no route.
    case unknown
}

/// Writes a program.
struct ConditionWriter {
    private(set) var bytes: [UInt8] = []
    private let patterns: RoutePatterns?

    /// - Returns: `nil` for a match with no condition but an exact path or a prefix.
    init?(_ match: RouteMatch, _ patterns: RoutePatterns?) {
        self.patterns = patterns
        let hasPathPattern = if case .regex = match.path { true } else { false }
        if match.conditions.isEmpty, !hasPathPattern { return nil }
        for condition in match.conditions where !condition.isPattern { self.write(condition) }
        if case .regex(let text) = match.path { self.write(.pathPattern, nil, pattern: text) }
        for condition in match.conditions where condition.isPattern { self.write(condition) }
        self.bytes.append(ConditionKind.end.rawValue)
    }

    private mutating func write(_ condition: RouteMatch.Condition) {
        switch condition {
        case .methods(let methods):
            self.bytes.append(ConditionKind.methods.rawValue)
            self.write(count: methods.count)
            for method in methods { self.write(method) }
        case .header(let name, let value): self.write(.header, .headerPattern, name, value)
        case .query(let name, let value): self.write(.query, .queryPattern, name, value)
        case .cookie(let name, let value): self.write(.cookie, .cookiePattern, name, value)
        }
    }

    private mutating func write(_ exact: ConditionKind, _ pattern: ConditionKind, _ name: String, _ value: ValueMatch) {
        switch value {
        case .exact(let text):
            self.bytes.append(exact.rawValue)
            self.write(name)
            self.write(text)
        case .regex(let text): self.write(pattern, name, pattern: text)
        }
    }

    private mutating func write(_ kind: ConditionKind, _ name: String?, pattern text: String) {
        guard let pattern = self.patterns?.byText[text] else {
            return self.bytes.append(ConditionKind.unknown.rawValue)
        }
        self.bytes.append(kind.rawValue)
        if let name { self.write(name) }
        withUnsafeBytes(of: pattern.view) { self.bytes += $0 }
    }

    private mutating func write(_ text: String) {
        self.write(count: text.utf8.count)
        self.bytes += text.utf8
    }

    private mutating func write(count: Int) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: count)) { self.bytes += $0 }
    }
}

/// Runs a program that `ConditionWriter` wrote.
struct ConditionReader {
    private var next: UnsafeRawPointer

    init(_ start: UnsafeRawPointer) { self.next = start }

    /// Whether all conditions hold; `.limit` is told at once, for what comes after it does not matter.
    mutating func test(_ request: RouteRequest) -> Found {
        while true {
            guard let kind = ConditionKind(rawValue: self.read(UInt8.self)) else { return .limit }
            if kind == .end { return .yes }
            let found = self.test(kind, request)
            if found != .yes { return found }
        }
    }

    @inline(__always)
    mutating func test(_ kind: ConditionKind, _ request: RouteRequest) -> Found {
        switch kind {
        case .end: return .yes
        case .unknown: return .limit
        case .methods: return self.readMethods(request.method) ? .yes : .no
        case .header:
            let (name, value) = (self.readText(), self.readText())
            return request.header(name).map { equalBytes($0, value) } == true ? .yes : .no
        case .query:
            let (name, value) = (self.readText(), self.readText())
            return firstParameter(request.query, named: name).map { decodes($0, to: value) } == true ? .yes : .no
        case .cookie:
            let (name, value) = (self.readText(), self.readText())
            return request.cookie(name).map { equalBytes($0, value) } == true ? .yes : .no
        case .pathPattern: return self.read(PatternView.self).find(in: request.path)
        case .headerPattern:
            let (name, pattern) = (self.readText(), self.read(PatternView.self))
            return request.header(name).map { pattern.find(in: $0) } ?? .no
        case .queryPattern:
            let (name, pattern) = (self.readText(), self.read(PatternView.self))
            guard let value = firstParameter(request.query, named: name) else { return .no }
            return withDecoded(value) { pattern.find(in: $0) }
        case .cookiePattern:
            let (name, pattern) = (self.readText(), self.read(PatternView.self))
            return request.cookie(name).map { pattern.find(in: $0) } ?? .no
        }
    }

    /// Reads all methods, whether one of them is asked for or not.
    mutating func readMethods(_ method: UnsafeRawBufferPointer) -> Bool {
        var isOneOfThem = false
        for _ in 0..<self.read(UInt32.self) where equalBytes(self.readText(), method) { isOneOfThem = true }
        return isOneOfThem
    }

    @inline(__always)
    mutating func readText() -> UnsafeRawBufferPointer {
        let count = Int(self.read(UInt32.self))
        let text = UnsafeRawBufferPointer(start: self.next, count: count)
        self.next += count
        return text
    }

    @inline(__always)
    mutating func read<T: BitwiseCopyable>(_ type: T.Type) -> T {
        let value = self.next.loadUnaligned(as: T.self)
        self.next += MemoryLayout<T>.size
        return value
    }
}

extension RouteMatch.Condition {
    var isPattern: Bool {
        switch self {
        case .header(_, .regex), .query(_, .regex), .cookie(_, .regex): true
        case .methods, .header, .query, .cookie: false
        }
    }
}
