package import GatewayModel

/// A policy's rules, compiled: made once for the policy, and asked from any thread.
package final class Firewall: Sendable {
    package let policy: WAFPolicy
    private let rules: EngineRules
    /// `nil`: it could prove nothing.
    private let filter: Filter?

    init(_ policy: WAFPolicy, _ library: FirewallLibrary) throws(FirewallFault) {
        self.policy = policy
        let text = try library.text(policy)
        self.rules = try EngineRules(text)
        self.filter = Filter(FilterRules(text) { RuleText.file($0) })
    }

    /// Whether the rules must be asked; `false`: it is proven that `scan` would find nothing. It takes microseconds.
    package func mayMatch(_ request: FirewallRequest) -> Bool { self.filter?.mayMatch(request) ?? true }

    /// Rules of which the filter cannot say that a request lacks what they look for: with one of them every request is scanned. `nil`:
    /// there is no filter.
    package var unboundedRules: [Int]? { self.filter?.program.unbounded }

    /// For a request that `mayMatch`: the rules that it may match; `nil`: something in it is the engine's alone.
    package func candidates(_ request: FirewallRequest) -> [Int]? { self.filter?.candidates(request) }

    /// Asks all rules. It may take milliseconds, with hostile requests more.
    package func scan(_ request: FirewallRequest) -> FirewallVerdict { self.rules.scan(request) }
}

/// Why rules cannot be compiled.
package struct FirewallFault: Error, Hashable {
    package enum Kind: Hashable, Sendable {
        /// The engine or the rule set is not installed.
        case unavailable
        /// What a policy adds is no rule, or does what the policy may not.
        case rules
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
