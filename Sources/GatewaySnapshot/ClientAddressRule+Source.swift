package import GatewayModel
package import HTTPWire

extension ClientAddressRule {
    /// The model has checked the texts.
    package init(_ source: ClientAddressSource) {
        let rule: ClientAddressRule? =
            switch source {
            case .peer: .peer
            case .trustedHops(let hops): ClientAddressRule(trustedHops: hops)
            case .trustedCIDRs(let blocks): ClientAddressRule(trustedCIDRs: blocks)
            case .header(let name): ClientAddressRule(header: name)
            }
        self = rule ?? .peer
    }
}
