import GatewayModel
import HTTPWire

/// Which client addresses may call.
final class IPRule: Sendable {
    /// `nil`: all of them.
    private let allowed: CIDRSet?
    private let denied: CIDRSet

    init(_ policy: IPPolicy) throws(AccessFault) {
        guard let allowed = CIDRSet(texts: policy.allow), let denied = CIDRSet(texts: policy.deny) else {
            throw AccessFault("a block of addresses cannot be read")
        }
        self.allowed = policy.allow.isEmpty ? nil : allowed
        self.denied = denied
    }

    func test(_ request: AccessRequest) -> RuleOutcome {
        if self.denied.contains(request.client) { return .refused(.addressDenied) }
        return self.allowed?.contains(request.client) == false ? .refused(.addressDenied) : .pass
    }
}
