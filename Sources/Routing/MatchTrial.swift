import GatewayModel
import Patterns

/// One match of a route, tried on a request rule by rule.
struct MatchTrial {
    let entry: RouteEntry
    private let path: PathStanding
    /// The first rule that failed, or was given up.
    private let failed: RouteExplanation.Predicate?
    private let isGivenUp: Bool

    var candidate: RouteExplanation.Candidate {
        .init(route: self.entry.route, failed: self.failed, isGivenUp: self.isGivenUp)
    }

    private init(_ entry: RouteEntry, _ listener: ListenerView?, _ request: RouteRequest) {
        self.entry = entry
        self.path = PathStanding(entry, request)
        let result = entry.test(request)
        var isGivenUp = false
        if let listener, entry.route.serves(listener) {
            if self.path == .none {
                self.failed = .path
            } else if result == .yes {
                self.failed = nil
            } else {
                self.failed = entry.first(result, request)
                isGivenUp = result == .limit
            }
        } else {
            self.failed = .listener
        }
        self.isGivenUp = isGivenUp
    }

    /// The best match of each route of a host, in the order in which a lookup tries them: of a route's matches the first that
    /// holds, else the first.
    static func best(
        _ routes: [CompiledRoute], _ listener: ListenerView?, _ request: RouteRequest
    ) -> [MatchTrial] {
        var trials: [MatchTrial] = []
        for entry in RouteEntry.sorted(routes) { trials.append(MatchTrial(entry, listener, request)) }
        trials.sort { $0.path != $1.path ? $0.path > $1.path : $0.entry.isPreferred(to: $1.entry) }
        var best: [String: Int] = [:]
        for (index, trial) in trials.enumerated() {
            let name = trial.entry.route.name
            guard let known = best[name] else {
                best[name] = index
                continue
            }
            if trials[known].isOut, !trial.isOut { best[name] = index }
        }
        return best.values.sorted().map { trials[$0] }
    }

    /// It failed a rule for certain.
    private var isOut: Bool { self.failed != nil && !self.isGivenUp }
}

/// How well the path of a match fits a request's.
private enum PathStanding: Comparable {
    case none, root, pattern
    case prefix(Int)
    case exact

    init(_ entry: RouteEntry, _ request: RouteRequest) {
        switch entry.match.path {
        case .exact(let path): self = request.path.elementsEqual(path.utf8) ? .exact : .none
        case .prefix(let path):
            let prefix = path.hasSuffix("/") ? path.utf8.dropLast() : path.utf8[...]
            let rest = request.path.dropFirst(prefix.count).first
            let fits = request.path.starts(with: prefix) && (rest == nil || rest == UInt8(ascii: "/"))
            self = fits ? prefix.isEmpty ? .root : .prefix(prefix.count) : .none
        case .regex(let text):
            // One that is given up stands where it would if it matched.
            let found = entry.route.patterns?.byText[text].map { $0.find(in: request.path) } ?? .limit
            self = found == .no ? .none : .pattern
        }
    }
}

extension RouteEntry {
    /// What a lookup makes of its conditions.
    fileprivate func test(_ request: RouteRequest) -> Found { Self.test(self.conditions, request) }

    /// The first rule, in the order of the document, with this result.
    fileprivate func first(_ result: Found, _ request: RouteRequest) -> RouteExplanation.Predicate {
        if case .regex = self.match.path {
            let path = ConditionWriter(RouteMatch(path: self.match.path), self.route.patterns)?.bytes ?? []
            if Self.test(path, request) == result { return .path }
        }
        for condition in self.match.conditions {
            let alone = RouteMatch(path: .prefix("/"), conditions: [condition])
            let program = ConditionWriter(alone, self.route.patterns)?.bytes ?? []
            if Self.test(program, request) == result { return condition.predicate }
        }
        return .path
    }

    private static func test(_ program: [UInt8], _ request: RouteRequest) -> Found {
        if program.isEmpty { return .yes }
        return program.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return .yes }
            var reader = ConditionReader(start)
            return reader.test(request)
        }
    }
}

extension RouteMatch.Condition {
    fileprivate var predicate: RouteExplanation.Predicate {
        switch self {
        case .methods: .method
        case .header(let name, _): .header(name)
        case .query(let name, _): .query(name)
        case .cookie(let name, _): .cookie(name)
        }
    }
}

extension CompiledRoute {
    /// Whether a request that this listener took may be served.
    func serves(_ listener: ListenerView) -> Bool {
        let name = String(decoding: listener.name, as: UTF8.self)
        return self.listeners.isEmpty ? listener.takesUnnamed : self.listeners.contains(name)
    }
}
