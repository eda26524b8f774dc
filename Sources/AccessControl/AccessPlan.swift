package import GatewayModel

/// The access rules that a route or a listener names, in the order in which they are asked.
package final class AccessPlan: Sendable {
    /// By phase, then in the order of the document; CORS is not among them.
    package let rules: [AccessRule]
    /// The last of the named ones.
    package let cors: CORSRule?

    /// - Returns: `nil` for no rules.
    init?(_ rules: [AccessRule]) {
        if rules.isEmpty { return nil }
        self.rules = rules.filter { $0.phase != .cors }.enumerated().sorted {
            ($0.element.phase, $0.offset) < ($1.element.phase, $1.offset)
        }
        .map(\.element)
        self.cors = rules.reversed().lazy.compactMap(\.cors).first
    }
}

extension AccessPlan: Hashable {
    package static func == (left: AccessPlan, right: AccessPlan) -> Bool {
        left === right || left.cors === right.cors && left.rules.elementsEqual(right.rules, by: ===)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.rules.count) }
}

/// When a rule is asked: the fixed order of all rules, whoever names them.
package enum AccessPhase: UInt8, Comparable, Sendable {
    case cors, address, authentication, authorization, csrf, service

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// An auth policy, compiled.
package final class AccessRule: Sendable {
    package let policy: AuthPolicy
    package let phase: AccessPhase
    let cors: CORSRule?
    let service: ExtAuthRule?

    package var name: String { self.policy.name }

    init(_ policy: AuthPolicy) throws(AccessFault) {
        self.policy = policy
        self.cors = if case .cors(let settings) = policy.settings { CORSRule(policy.name, settings) } else { nil }
        self.service =
            if case .extAuth(let settings) = policy.settings { ExtAuthRule(policy.name, settings) } else { nil }
        self.phase =
            switch policy.settings {
            case .cors: .cors
            case .ip: .address
            case .jwt, .basic, .apiKey, .mtls: .authentication
            case .authorization: .authorization
            case .csrf: .csrf
            case .extAuth: .service
            }
    }

    /// Names of fields, in lower case, that only the gateway writes.
    var writtenFields: [String] { [] }
}
