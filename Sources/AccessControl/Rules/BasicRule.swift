import GatewayModel
import Routing

/// Consumers who show user name and password (RFC 7617).
///
/// The backend sees the field `Authorization` as the client sent it: the policy has no setting that would strip it, and
/// backends that check passwords themselves go on doing so.
final class BasicRule: Sendable {
    private let consumers: ConsumerTest?
    private let forwardUser: String?
    private let challenge: [UInt8]

    init(_ policy: BasicPolicy) {
        self.consumers = policy.consumers.map { ConsumerTest($0) }
        self.forwardUser = policy.forwardUser
        self.challenge = Challenge.line("Basic realm=\"\(policy.realm)\", charset=\"UTF-8\"")
    }

    func test(
        _ request: RouteRequest, _ findings: AccessFindings, _ memory: AccessMemory, _ consumers: ConsumerDirectory
    ) -> RuleOutcome {
        switch request.field("authorization") {
        case .nothing: return self.refused(.missingCredentials)
        case .several: return self.refused(.ambiguousCredentials)
        case .one(let field):
            switch BasicCredentials.read(field) {
            case .otherScheme: return self.refused(.missingCredentials)
            case .malformed: return self.refused(.invalidCredentials)
            case .credentials(let shown): return self.check(shown, findings, memory, consumers)
            }
        }
    }

    /// A user whom nobody knows costs as much as one who is known, and is never right.
    private func check(
        _ shown: BasicCredentials, _ findings: AccessFindings, _ memory: AccessMemory, _ consumers: ConsumerDirectory
    ) -> RuleOutcome {
        let consumer = consumers.byUser[shown.user]
        let own = consumer?.passwordHash
        if let consumer, let own, memory.passwords.contains(hash: own, password: shown.password) {
            return self.admit(consumer, findings)
        }
        guard let hash = own ?? consumers.decoyHash else { return self.refused(.invalidCredentials) }
        switch findings.result(shown.user, hash) {
        case nil:
            let question = PasswordQuestion(user: shown.user, password: shown.password, hash: hash)
            findings.willAsk(question)
            return .waits(.password(question))
        case .overloaded: return .refused(.authenticationOverloaded)
        case .wrong: return self.refused(.invalidCredentials)
        case .right:
            guard let consumer, let own else { return self.refused(.invalidCredentials) }
            memory.passwords.insert(hash: own, password: shown.password)
            return self.admit(consumer, findings)
        }
    }

    /// Asked only of those whose password is right, so that nobody else learns who may call.
    private func admit(_ consumer: ConsumerEntry, _ findings: AccessFindings) -> RuleOutcome {
        if let test = self.consumers, !test.holds(consumer) { return .refused(.consumerDenied) }
        findings.consumer = consumer
        findings.tell(self.forwardUser, consumer.name)
        return .pass
    }

    private func refused(_ reason: AccessReason) -> RuleOutcome { .refused(reason, lines: self.challenge) }
}
