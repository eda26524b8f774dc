package import Firewall
package import GatewayModel

extension Resource {
    /// What is wrong with a firewall's rules, which only compiling them shows; that takes some hundred milliseconds, and
    /// nothing of it is kept.
    package func firewallFaults(_ library: FirewallLibrary = .checking) -> [Fault] {
        guard case .trafficPolicy(let policy) = self.spec, case .waf(let settings) = policy.settings else { return [] }
        do throws(FirewallFault) {
            _ = try library.firewall(settings)
            return []
        } catch {
            switch error.kind {
            case .unavailable:
                return [Fault(pointer: "/waf", code: "unavailable", detail: error.message, hint: nil)]
            case .rules:
                let pointer = error.pointer.isEmpty ? "/waf/extraRules" : error.pointer
                return [Fault(pointer: pointer, code: "rules", detail: error.message, hint: nil)]
            }
        }
    }
}
