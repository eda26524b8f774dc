package import GatewayModel

/// A policy's rules, compiled: made once for the policy, and asked from any thread.
package final class Firewall: Sendable {
    package let policy: WAFPolicy
    private let rules: EngineRules

    init(_ policy: WAFPolicy, _ library: FirewallLibrary) throws(FirewallFault) {
        self.policy = policy
        self.rules = try EngineRules(library.text(policy))
    }

    /// Whether the rules must be asked; `false`: it is proven that `scan` would find nothing. It takes microseconds.
    package func mayMatch(_ request: FirewallRequest) -> Bool { true }

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
    /// Where in the policy, as a JSON pointer from its `spec`; empty: nowhere in particular.
    package let pointer: String

    package init(_ kind: Kind, _ message: String, at pointer: String = "") {
        self.kind = kind
        self.message = message
        self.pointer = pointer
    }
}
