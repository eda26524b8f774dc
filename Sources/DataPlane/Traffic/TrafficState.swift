import Reactor
import TrafficControl

/// The rules of a request's listener and of its route.
struct TrafficCheck {
    /// `nil`: none, or the route drops them.
    let listener, route: TrafficPlan?
}

/// The order in which traffic rules are asked.
enum TrafficStage: UInt8 {
    /// Rate limits that the replica counts itself.
    case limits
    /// Those that a store counts.
    case store
    /// Limits on requests under way.
    case turn
    /// Limits on bodies.
    case body
    case firewall
    case passed

    var next: Self { Self(rawValue: self.rawValue &+ 1) ?? .passed }
}

/// What a stage makes of a request.
enum TrafficStep {
    case passes
    /// The exchange has been answered.
    case answered
    /// It is suspended, and the stage is asked again.
    case waits
}

/// What traffic rules wait for.
enum TrafficWait {
    /// An answer of the store.
    case store
    /// Its turn.
    case turn
    /// All of its body.
    case body
    /// The firewall's thread.
    case scan
}

/// What traffic rules remember of a request.
///
/// One loop owns it.
final class TrafficState {
    /// Those that were in force when the request came.
    let check: TrafficCheck
    var stage = TrafficStage.limits
    var turns = Turns()
    /// The policy that refused it.
    var refusedBy: String?
    /// What policies that only observe would have refused.
    var observed: [(policy: String, reason: Reason)] = []
    /// There while the store is asked.
    var asked: AskedStore?
    /// There where firewalls have something to remember.
    var firewall: FirewallState?

    init(_ check: TrafficCheck) { self.check = check }

    /// Notes that what is waited for did not come.
    func giveUp(_ wait: TrafficWait) {
        switch wait {
        case .store: self.asked?.answer = .unreachable
        case .turn: self.turns.isLooking = true
        case .body: self.firewall?.failure = .requestTimeout
        case .scan: self.firewall?.outcome = .late
        }
    }
}

extension UnsafeMutablePointer<Exchange> {
    var traffic: TrafficState? { self.pointee.traffic?._withUnsafeGuaranteedRef { $0 } }
}
