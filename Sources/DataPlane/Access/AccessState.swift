import AccessControl
import Reactor

/// What a request that meets access rules has to do with them, from its head to its end.
///
/// ```
/// asking ─▶ passes ─▶ forwarded
///    │  └─▶ refused
///    └─▶ suspended ─▶ asking …      what is to be found out first is not known yet
/// ```
///
/// One loop owns it. It keeps the rules that were in force when the request came, so that all of its questions are put to
/// the same ones.
final class AccessState {
    /// Rules that ask for more than this are given up.
    static let mostRounds = 32

    let findings = AccessFindings()
    let check: AccessCheck
    /// The rules have let the request pass.
    var hasPassed = false
    var rounds = 0
    /// Of a password that is being checked.
    var job: UInt64 = 0
    /// The question to a service that is under way.
    var question: ExchangeRef?
    var refusal: AccessRefusal?

    init(_ check: AccessCheck) { self.check = check }

    /// Notes that what is waited for was not found out.
    func giveUp(_ wait: AccessWait) {
        switch wait {
        case .keys: self.findings.hasWaitedForKeys = true
        case .password(let question): self.findings.learn(question, isRight: nil)
        case .service(let rule): self.findings.services[rule.name] = .unreachable
        }
    }
}

extension UnsafeMutablePointer<Exchange> {
    var access: AccessState? { self.pointee.access?._withUnsafeGuaranteedRef { $0 } }
}
