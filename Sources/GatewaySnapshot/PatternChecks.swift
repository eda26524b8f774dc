package import GatewayModel
import Patterns

extension Resource {
    /// What is wrong with the regular expressions in a resource, which only compiling them shows.
    package var patternFaults: [Fault] {
        switch self.spec {
        case .route(let route): return route.patternFaults
        case .authPolicy(let policy):
            guard case .authorization(let settings) = policy.settings else { return [] }
            return settings.patternFaults
        case .trafficPolicy(let policy):
            guard case .rateLimit(let settings) = policy.settings else { return [] }
            return settings.patternFaults
        case .listener, .upstream, .certificate, .consumer: return []
        }
    }
}

extension AuthorizationPolicy {
    /// Those of its rules.
    fileprivate var patternFaults: [Fault] {
        self.rules.enumerated().flatMap { index, rule in
            let pointer = "/authorization/rules/\(index)/when"
            let paths = rule.when.paths.enumerated().flatMap { place, path -> [Fault] in
                guard case .regex(let text) = path else { return [] }
                return Fault.faults(pattern: text, "\(pointer)/paths/\(place)/regex")
            }
            return paths + RouteMatch(path: .prefix("/"), conditions: rule.when.headers).faults(pointer)
        }
    }
}

extension RateLimitPolicy {
    /// Those of its limits' conditions.
    fileprivate var patternFaults: [Fault] {
        self.limits.enumerated().flatMap { index, limit in limit.when?.faults("/rateLimit/limits/\(index)/when") ?? [] }
    }
}

extension Route {
    /// Those of its matches and rewrites.
    var patternFaults: [Fault] {
        var faults = self.matches.enumerated().flatMap { index, match in match.faults("/matches/\(index)") }
        faults += self.rewriteFaults
        return faults
    }

    /// Those of its rewrites alone.
    var rewriteFaults: [Fault] {
        (self.rewrite?.faults("/rewrite") ?? [])
            + self.forward.enumerated().flatMap { $1.rewrite?.faults("/forward/\($0)/rewrite") ?? [] }
    }
}

extension RouteMatch {
    fileprivate func faults(_ pointer: String) -> [Fault] {
        var faults: [Fault] = []
        if case .regex(let text) = self.path { faults += Fault.faults(pattern: text, "\(pointer)/path/regex") }
        // The place of a condition within its list, which leaves out what names a thing twice: those are found by name.
        var counts: [String: Int] = [:]
        for condition in self.conditions {
            guard let (list, value) = condition.place else { continue }
            let index = counts[list, default: 0]
            counts[list] = index + 1
            if case .regex(let text) = value {
                faults += Fault.faults(pattern: text, "\(pointer)/\(list)/\(index)/regex")
            }
        }
        return faults
    }
}

extension RouteMatch.Condition {
    fileprivate var place: (list: String, value: ValueMatch)? {
        switch self {
        case .methods: nil
        case .header(_, let value): ("headers", value)
        case .query(_, let value): ("query", value)
        case .cookie(_, let value): ("cookies", value)
        }
    }
}

extension Rewrite {
    fileprivate func faults(_ pointer: String) -> [Fault] {
        guard case .regex(let text, let substitution) = self.path else { return [] }
        do throws(PatternError) {
            let pattern = try Pattern(text, isCompiledToMachineCode: false)
            do throws(PatternError) {
                _ = try Substitution(substitution, for: pattern)
                return []
            } catch {
                return [Fault(error, "\(pointer)/path/substitution")]
            }
        } catch {
            return [Fault(error, "\(pointer)/path/regex")]
        }
    }
}

extension Fault {
    fileprivate static func faults(pattern: String, _ pointer: String) -> [Fault] {
        do throws(PatternError) {
            _ = try Pattern(pattern, isCompiledToMachineCode: false)
            return []
        } catch {
            return [Fault(error, pointer)]
        }
    }

    fileprivate init(_ error: PatternError, _ pointer: String) {
        self.init(pointer: pointer, code: "regex", detail: "\(error.message) (at byte \(error.offset))", hint: nil)
    }
}
