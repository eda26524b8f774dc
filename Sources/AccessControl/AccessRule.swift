package import GatewayModel

/// An auth policy, compiled.
package final class AccessRule: Sendable {
    /// What it is compiled to.
    private enum Machine: Sendable {
        case cors
        case ip(IPRule)
        case mtls(MTLSRule)
        case apiKey(APIKeyRule)
        case basic(BasicRule)
        case authorization(AuthorizationRule)
        case jwt(JWTRule)
        case csrf(CSRFRule)
        case extAuth(ExtAuthRule)
    }

    package let policy: AuthPolicy
    package let phase: AccessPhase
    let cors: CORSRule?
    private let machine: Machine

    package var name: String { self.policy.name }

    init(_ policy: AuthPolicy) throws(AccessFault) {
        self.policy = policy
        self.phase = AccessPhase(policy.type)
        self.cors = if case .cors(let settings) = policy.settings { CORSRule(policy.name, settings) } else { nil }
        self.machine =
            switch policy.settings {
            case .cors: .cors
            case .ip(let settings): .ip(try IPRule(settings))
            case .mtls(let settings): .mtls(MTLSRule(settings))
            case .apiKey(let settings): .apiKey(APIKeyRule(settings))
            case .basic(let settings): .basic(BasicRule(settings))
            case .jwt(let settings): .jwt(try JWTRule(settings))
            case .authorization(let settings): .authorization(try AuthorizationRule(settings))
            case .csrf(let settings): .csrf(CSRFRule(settings))
            case .extAuth(let settings): .extAuth(ExtAuthRule(policy.name, settings))
            }
    }

    /// What it says of a request, as if it did not observe.
    func verdict(
        _ request: AccessRequest, _ findings: AccessFindings, _ memory: AccessMemory, _ consumers: ConsumerDirectory
    ) -> AccessVerdict {
        switch self.outcome(request, findings, memory, consumers) {
        case .pass: .pass
        case .waits(let wait): .waits(wait)
        case .refused(let reason, let lines, let status):
            .refused(AccessRefusal(reason, policy: self.name, lines: lines, status: status))
        }
    }

    private func outcome(
        _ request: AccessRequest, _ findings: AccessFindings, _ memory: AccessMemory, _ consumers: ConsumerDirectory
    ) -> RuleOutcome {
        switch self.machine {
        case .cors: .pass
        case .ip(let rule): rule.test(request)
        case .mtls(let rule): rule.test(request, findings)
        case .apiKey(let rule): rule.test(request.request, findings, consumers)
        case .basic(let rule): rule.test(request.request, findings, memory, consumers)
        case .jwt(let rule): rule.test(request.request, findings, memory)
        case .authorization(let rule): rule.test(request, findings)
        case .csrf(let rule): rule.test(request)
        case .extAuth(let rule): rule.test(findings)
        }
    }

    /// Its answer depends on who was found to call.
    package var asksWhoCalls: Bool {
        if case .authorization(let rule) = self.machine { rule.asksWhoCalls } else { false }
    }

    /// Names of fields, in lower case, that only the gateway writes.
    var writtenFields: [String] {
        let names: [String?] =
            switch self.policy.settings {
            case .jwt(let policy): policy.claimHeaders.map(\.header)
            case .basic(let policy): [policy.forwardUser]
            case .apiKey(let policy): [policy.forwardConsumer]
            case .mtls(let policy):
                [
                    policy.forwarding.subject, policy.forwarding.dnsName, policy.forwarding.uri,
                    policy.forwarding.fingerprint,
                ]
            case .extAuth(let policy): policy.responseHeaders
            case .ip, .authorization, .cors, .csrf: []
            }
        return names.compactMap { $0?.lowercased() }
    }
}

/// What a rule makes of a request.
enum RuleOutcome {
    case pass
    /// `lines` and `status` as `AccessRefusal` has them; no status: the reason's.
    case refused(AccessReason, lines: [UInt8] = [], status: UInt16? = nil)
    case waits(AccessWait)
}

/// When a rule is asked: the fixed order of all rules, whoever names them.
package enum AccessPhase: UInt8, Comparable, Sendable {
    case cors, address, authentication, authorization, csrf, service

    init(_ type: AuthPolicy.PolicyType) {
        self =
            switch type {
            case .cors: .cors
            case .ip: .address
            case .jwt, .basic, .apiKey, .mtls: .authentication
            case .authorization: .authorization
            case .csrf: .csrf
            case .extAuth: .service
            }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
