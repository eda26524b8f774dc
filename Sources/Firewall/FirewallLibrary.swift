package import GatewayModel
import Synchronization

/// Compiles rules, each set of them once: what a policy had before, it gets again for as long as somebody holds it.
package final class FirewallLibrary: Sendable {
    /// One that nobody else holds is gone.
    private struct Cell { weak var firewall: Firewall? }

    /// The folder of the OWASP Core Rule Set.
    package let coreRules: String
    /// Firewalls have a filter, which takes seconds to make: for those that serve.
    package let filters: Bool
    private let cells = Mutex<[WAFPolicy: Cell]>([:])

    package init(coreRules: String = FirewallLibrary.debianRules, filters: Bool) {
        self.coreRules = coreRules
        self.filters = filters
    }

    /// Where Debian's package has the rule set.
    package static let debianRules = "/usr/share/modsecurity-crs/rules"
    /// For those that only check policies.
    package static let checking = FirewallLibrary(filters: false)

    /// The policy's rules, compiled. Who asks for the same at the same time waits for the one that compiles.
    ///
    /// - Throws: when the engine or the rule set is not installed, or the policy's own rules are wrong.
    package func firewall(_ policy: WAFPolicy) throws(FirewallFault) -> Firewall {
        try self.cells.withLock { cells throws(FirewallFault) in
            if let firewall = cells[policy]?.firewall { return firewall }
            cells = cells.filter { $0.value.firewall != nil }
            if !policy.exclude.isEmpty { try ExcludedRules.check(policy, self.text(policy)) }
            let firewall = try Firewall(policy, self)
            cells[policy] = Cell(firewall: firewall)
            return firewall
        }
    }

    /// All rules that a policy's firewall asks, as the engine reads them.
    package func text(_ policy: WAFPolicy) throws(FirewallFault) -> String {
        var checked = policy
        checked.extraRules = try ExtraRules(policy.extraRules).text
        return try RuleText(checked, coreRules: self.coreRules).text
    }
}
