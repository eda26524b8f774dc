import Patterns

/// How a match stands to the request that a preflight announces.
enum PreflightStanding {
    /// It will not take it.
    case no
    /// It takes it if fields or cookies are there that nobody knows yet.
    case possible
    /// It will take it, if no other does before.
    case certain
    /// A regular expression was given up.
    case limit
}

extension ConditionReader {
    /// Tests the conditions on the request that a preflight announces: its method, its path and query; fields as far as they are
    /// known, and cookies not at all, for a preflight has none.
    mutating func standing(_ preflight: PreflightRequest) -> PreflightStanding {
        var result = PreflightStanding.certain
        while true {
            guard let kind = ConditionKind(rawValue: self.read(UInt8.self)), kind != .unknown else { return .limit }
            if kind == .end { return result }
            switch self.standing(kind, preflight) {
            case .no: return .no
            case .limit: return .limit
            case .possible: result = .possible
            case .certain: break
            }
        }
    }

    private mutating func standing(_ kind: ConditionKind, _ preflight: PreflightRequest) -> PreflightStanding {
        switch kind {
        case .end, .unknown: return .limit
        case .methods: return self.readMethods(preflight.method) ? .certain : .no
        case .query, .queryPattern, .pathPattern: return PreflightStanding(self.test(kind, preflight.request))
        case .cookie:
            _ = (self.readText(), self.readText())
            return .possible
        case .cookiePattern:
            _ = (self.readText(), self.read(PatternView.self))
            return .possible
        case .header, .headerPattern:
            var named = self
            switch preflight.knowledge(of: named.readText()) {
            case .same: return PreflightStanding(self.test(kind, preflight.request))
            case .absent:
                self.skip(kind)
                return .no
            case .unknown:
                self.skip(kind)
                return .possible
            }
        }
    }

    /// Whether the path is one of the match; nothing else is looked at.
    mutating func takesPath(of request: RouteRequest) -> Bool {
        while true {
            guard let kind = ConditionKind(rawValue: self.read(UInt8.self)), kind != .unknown else { return false }
            switch kind {
            case .end: return true
            case .pathPattern: return self.test(kind, request) == .yes
            default: self.skip(kind)
            }
        }
    }

    private mutating func skip(_ kind: ConditionKind) {
        switch kind {
        case .end, .unknown: break
        case .methods: for _ in 0..<self.read(UInt32.self) { _ = self.readText() }
        case .header, .query, .cookie: _ = (self.readText(), self.readText())
        case .headerPattern, .queryPattern, .cookiePattern: _ = (self.readText(), self.read(PatternView.self))
        case .pathPattern: _ = self.read(PatternView.self)
        }
    }
}

extension PreflightStanding {
    fileprivate init(_ found: Found) {
        self =
            switch found {
            case .yes: .certain
            case .no: .no
            case .limit: .limit
            }
    }
}
