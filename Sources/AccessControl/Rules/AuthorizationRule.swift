import GatewayModel
import Patterns

/// Who may do what: the first rule that fits decides.
///
/// A rule of which nobody can tell whether it fits, because a regular expression was given up or a field that it looks at came
/// more than once, fits if it denies and does not if it allows.
final class AuthorizationRule: Sendable {
    private struct Rule: Sendable {
        let allows: Bool
        let test: AuthorizationTest
    }

    private let rules: [Rule]
    private let allowsOthers: Bool
    /// Some rule looks at consumers, claims or scopes.
    let asksWhoCalls: Bool

    init(_ policy: AuthorizationPolicy) throws(AccessFault) {
        var rules: [Rule] = []
        for rule in policy.rules {
            do throws(PatternError) {
                rules.append(Rule(allows: rule.action == .allow, test: try AuthorizationTest(rule.when)))
            } catch {
                throw AccessFault(
                    "a regular expression of rule \(rule.name) does not compile: \(error.message) at \(error.offset)")
            }
        }
        self.rules = rules
        self.allowsOthers = policy.fallback == .allow
        self.asksWhoCalls = rules.contains { $0.test.asksWhoCalls }
    }

    func test(_ request: AccessRequest, _ findings: AccessFindings) -> RuleOutcome {
        for rule in self.rules {
            let found = rule.test.holds(request, findings)
            if found == .yes || found == .limit && !rule.allows {
                return rule.allows ? .pass : .refused(.authorizationDenied)
            }
        }
        return self.allowsOthers ? .pass : .refused(.authorizationDenied)
    }
}
