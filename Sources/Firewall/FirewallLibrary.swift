package import GatewayModel

/// Compiles rules, each set of them once: what a policy had before, it gets again for as long as somebody holds it.
package final class FirewallLibrary: Sendable {
    /// The folder of the OWASP Core Rule Set.
    package let coreRules: String

    package init(coreRules: String) { self.coreRules = coreRules }

    /// The rule set as Debian's package has it.
    package static let debian = FirewallLibrary(coreRules: "/usr/share/modsecurity-crs/rules")

    package func firewall(_ policy: WAFPolicy) throws(FirewallFault) -> Firewall { try Firewall(policy, self) }

    /// All rules that a policy's firewall asks, as the engine reads them.
    package func text(_ policy: WAFPolicy) throws(FirewallFault) -> String {
        try RuleText(policy, coreRules: self.coreRules).text
    }
}
