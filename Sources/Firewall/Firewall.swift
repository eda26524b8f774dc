package import GatewayModel

/// A policy's rules, compiled: made once for the policy, and asked from any thread.
package final class Firewall: Sendable {
    package let policy: WAFPolicy
    private let rules: EngineRules
    /// `nil`: nobody is served here.
    private let prepared: PreparedFilter?

    init(_ policy: WAFPolicy, _ library: FirewallLibrary) throws(FirewallFault) {
        self.policy = policy
        let text = try library.text(policy)
        self.rules = try EngineRules(text)
        self.prepared = library.filters ? PreparedFilter(text) : nil
    }

    /// Whether the rules must be asked; `false`: it is proven that `scan` would find nothing. It takes microseconds.
    package func mayMatch(_ request: FirewallRequest) -> Bool { self.prepared?.filter?.mayMatch(request) ?? true }

    /// Rules of which the filter cannot say that a request lacks what they look for: with one of them every request is scanned. `nil`:
    /// there is no filter. It waits until the filter is made.
    package var unboundedRules: [Int]? { self.prepared?.wait()?.program.unbounded }

    /// For a request that `mayMatch`: the rules that it may match; `nil`: something in it is the engine's alone.
    package func candidates(_ request: FirewallRequest) -> [Int]? { self.prepared?.wait()?.candidates(request) }

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
