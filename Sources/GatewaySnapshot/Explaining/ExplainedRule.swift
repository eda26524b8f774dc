import AccessControl
import GatewayModel

/// One auth policy of an explanation: what it is and what it decides.
struct ExplainedRule {
    private let policy: AuthPolicy
    private let origin: String
    private var setAside: String?
    private var decision = "notReached"
    private var reason: AccessReason?
    private var why: String?

    /// Of a policy that is not asked, until something else is said.
    init(_ policy: AuthPolicy, _ origin: String) {
        self.policy = policy
        self.origin = origin
    }

    var passing: ExplainedRule { self.with { $0.decision = "passes" } }

    /// It is out of force.
    func aside(_ reason: String) -> ExplainedRule { self.with { $0.setAside = reason } }

    func unknown(_ why: String) -> ExplainedRule {
        self.with {
            $0.decision = "unknown"
            $0.why = why
        }
    }

    func refusing(_ reason: AccessReason) -> ExplainedRule {
        self.with {
            $0.decision = $0.policy.observe ? "observes" : "refuses"
            $0.reason = reason
            $0.why = "\(reason.detail)"
        }
    }

    private func with(_ change: (inout ExplainedRule) -> Void) -> ExplainedRule {
        var copy = self
        change(&copy)
        return copy
    }

    var json: JSON {
        [
            "policy": .string(self.policy.name), "type": .string(self.policy.type.rawValue),
            "from": .string(self.origin), "inForce": .bool(self.setAside == nil),
            "detail": .string(self.setAside ?? (self.policy.observe ? "observes: " : "") + self.policy.settings.text),
            "decision": self.setAside == nil ? .string(self.decision) : .null,
            "reason": self.reason.map { .string("\($0.code)") } ?? .null, "why": self.why.map(JSON.string) ?? .null,
        ]
    }
}

extension AuthPolicy.Settings {
    /// What it asks for.
    fileprivate var text: String {
        switch self {
        case .jwt(let policy): "a token of \(policy.providers.map(\.issuer).shortened)"
        case .basic(let policy): "user name and password, realm \(policy.realm)"
        case .apiKey(let policy): "a key in \(policy.sources.map(\.text).joined(separator: ", or "))"
        case .mtls: "a client certificate with one of the names"
        case .ip(let policy): policy.text
        case .authorization(let policy):
            "\(policy.rules.count) \(policy.rules.count == 1 ? "rule" : "rules"), else \(policy.fallback.rawValue)"
        case .cors(let policy): "pages of \(policy.origins.count) origins may read answers"
        case .csrf: "no requests of other sites' pages that change something"
        case .extAuth(let policy): "what upstream \(policy.upstream) says at \(policy.path)"
        }
    }
}

extension IPPolicy {
    fileprivate var text: String {
        let allowed = self.allow.isEmpty ? nil : "only \(self.allow.shortened)"
        let denied = self.deny.isEmpty ? nil : "not \(self.deny.shortened)"
        return [allowed, denied].compactMap(\.self).joined(separator: ", ")
    }
}

extension CredentialSource {
    fileprivate var text: String {
        switch self {
        case .header(let name, _): "the header \(name)"
        case .query(let name): "the query parameter \(name)"
        case .cookie(let name): "the cookie \(name)"
        }
    }
}

extension [String] {
    fileprivate var shortened: String {
        let shown = self.prefix(5).joined(separator: ", ")
        return self.count > 5 ? "\(shown) and \(self.count - 5) more" : shown
    }
}
