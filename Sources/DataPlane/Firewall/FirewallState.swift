import Firewall
import GatewayModel
import TrafficControl

/// What the stage of firewalls remembers of a request.
///
/// One loop owns it.
final class FirewallState {
    /// The request's body.
    enum Body {
        /// There is none, or nothing has been decided.
        case untouched
        case collecting
        /// All of it is in `bytes`.
        case whole
        /// It is longer than any firewall scans: what came of it is in `bytes`, and goes upstream before the rest.
        case tooLong
        /// It is part of the upstream's request.
        case sent
    }

    /// The first firewall that has not let the request pass.
    var next = 0
    var body = Body.untouched
    var bytes: [UInt8] = []
    /// Why firewalls get no body.
    var withheld = Reason.firewallBodyTooLarge
    /// What became of the wait for the body, if it did not come.
    var failure: Reason?
    /// What the scan for that firewall came to.
    var outcome: ScanOutcome?
    var job: UInt64 = 0
    /// What the worker counts of `bytes`.
    var counted = 0
    /// The client has been told to go on with its body.
    var hasSaidContinue = false
}

extension TrafficCheck {
    var firewallCount: Int { (self.listener?.firewalls.count ?? 0) + (self.route?.firewalls.count ?? 0) }

    /// Those of the listener come first.
    func firewall(at index: Int) -> FirewallRule? {
        let first = self.listener?.firewalls.count ?? 0
        if index < first { return self.listener?.firewalls[index] }
        guard let rules = self.route?.firewalls, index - first < rules.count else { return nil }
        return rules[index - first]
    }

    /// A policy that listener and route name is asked once.
    func isRepeated(_ rule: FirewallRule, at index: Int) -> Bool {
        guard let rules = self.listener?.firewalls, index >= rules.count else { return false }
        return rules.contains { $0.name == rule.name }
    }

    /// One that refuses a body of so many bytes.
    func refusing(bodyOf count: UInt64) -> FirewallRule? {
        (0..<self.firewallCount).lazy.compactMap { self.firewall(at: $0) }
            .first { $0.blocks && UInt64(clamping: $0.firewall.policy.requestBodyLimit) < count }
    }

    /// One that refuses what it cannot scan.
    var blocking: FirewallRule? {
        (0..<self.firewallCount).lazy.compactMap { self.firewall(at: $0) }.first { $0.blocks }
    }

    /// The longest body that is scanned.
    var mostScanned: Int {
        (0..<self.firewallCount).reduce(0) { max($0, self.firewall(at: $1)?.firewall.policy.requestBodyLimit ?? 0) }
    }
}

extension UnsafeMutablePointer<Exchange> {
    /// A body is to come that firewalls look into. Calls of gRPC and tunnels are streams: of those only the head is scanned.
    var hasBodyToScan: Bool {
        !self.pointee.request.isComplete && !self.pointee.call.isGRPC && self.pointee.request.upgrade == .none
    }

    /// The beginning of the body has been read and waits for the upstream.
    var holdsBody: Bool {
        guard self.pointee.traffic != nil, let state = self.traffic?.firewall else { return false }
        return state.body == .tooLong && !state.bytes.isEmpty
    }
}
