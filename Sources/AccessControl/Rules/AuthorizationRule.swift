import GatewayModel
import Patterns

/// Who may do what: the first rule that fits decides.
///
/// A rule of which nobody can tell whether it fits, because a regular expression was given up or a field that it looks at came
/// more than once, fits if it denies and does not if it allows.
final class AuthorizationRule: Sendable {
    private struct Rule: Sendable {
        let name: String
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
                rules.append(
                    Rule(name: rule.name, allows: rule.action == .allow, test: try AuthorizationTest(rule.when)))
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
        self.first(request, findings)?.allows ?? self.allowsOthers ? .pass : .refused(.authorizationDenied)
    }

    /// The name of the rule that decides; `nil`: none fits.
    func decidingRule(_ request: AccessRequest, _ findings: AccessFindings) -> String? {
        self.first(request, findings)?.name
    }

    private func first(_ request: AccessRequest, _ findings: AccessFindings) -> Rule? {
        self.rules.first { rule in
            let found = rule.test.holds(request, findings)
            return found == .yes || found == .limit && !rule.allows
        }
    }
}
