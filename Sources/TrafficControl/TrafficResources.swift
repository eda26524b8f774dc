package import Firewall
package import GatewayModel
import Patterns

/// The traffic policies of a configuration that refuse requests, compiled.
package struct TrafficResources: Sendable {
    private enum Rule: Sendable {
        case rateLimit(RateLimitRule)
        case concurrency(ConcurrencyRule)
        case body(BodyRule)
        case firewall(FirewallRule)
    }

    private let library: FirewallLibrary
    private var rules: [String: Rule] = [:]

    package init(_ library: FirewallLibrary) { self.library = library }

    /// - Returns: what cannot be compiled; policies of other types are none of its concern.
    package mutating func set(_ policy: TrafficPolicy) -> String? {
        do throws(PatternError) {
            switch policy.settings {
            case .rateLimit(let settings):
                self.rules[policy.name] = .rateLimit(
                    try RateLimitRule(policy.name, observe: policy.observe, settings))
            case .concurrency(let settings):
                self.rules[policy.name] = .concurrency(
                    ConcurrencyRule(policy.name, observe: policy.observe, settings))
            case .body(let settings):
                self.rules[policy.name] = .body(BodyRule(policy.name, observe: policy.observe, settings))
            case .waf(let settings): return self.set(policy, settings)
            case .headers, .compression, .fault: self.rules[policy.name] = nil
            }
            return nil
        } catch {
            return "a regular expression does not compile: \(error.message) at \(error.offset)"
        }
    }

    private mutating func set(_ policy: TrafficPolicy, _ settings: WAFPolicy) -> String? {
        do throws(FirewallFault) {
            let firewall = try self.library.firewall(settings)
            self.rules[policy.name] = .firewall(FirewallRule(policy.name, observe: policy.observe, firewall))
            return nil
        } catch {
            return error.message
        }
    }

    package mutating func remove(policy name: String) { self.rules[name] = nil }

    /// The named policies, in that order; `nil`: none of them refuses anything.
    package func plan(_ names: [String]) -> TrafficPlan? {
        if self.rules.isEmpty { return nil }
        var (limits, concurrency, bodies, firewalls) =
            ([RateLimitRule](), [ConcurrencyRule](), [BodyRule](), [FirewallRule]())
        for name in names {
            switch self.rules[name] {
            case .rateLimit(let rule): limits.append(rule)
            case .concurrency(let rule): concurrency.append(rule)
            case .body(let rule): bodies.append(rule)
            case .firewall(let rule): firewalls.append(rule)
            case nil: continue
            }
        }
        return TrafficPlan(limits: limits, concurrency: concurrency, bodies: bodies, firewalls: firewalls)
    }
}
