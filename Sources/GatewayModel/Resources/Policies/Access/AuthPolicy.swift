/// A rule on who may call; listeners and routes attach it by name.
package struct AuthPolicy: Hashable, Sendable {
    /// Unique among all policies, those of traffic included.
    package let name: String
    /// It is evaluated, counted and logged, and lets every request pass.
    package let observe: Bool
    package let settings: Settings

    /// By type.
    package enum Settings: Hashable, Sendable {
        case jwt(JWTPolicy)
        case basic(BasicPolicy)
        case apiKey(APIKeyPolicy)
        case mtls(MTLSPolicy)
        case ip(IPPolicy)
        case authorization(AuthorizationPolicy)
        case cors(CORSPolicy)
        case csrf(CSRFPolicy)
        case extAuth(ExtAuthPolicy)
    }
}

extension AuthPolicy {
    static let fields = ["type", "observe"] + PolicyType.allCases.map(\.field) + [Secrets.field]

    /// As documents name it.
    package enum PolicyType: String, CaseIterable, Sendable {
        case jwt, basic
        case apiKey = "api-key"
        case mtls, ip, authorization, cors, csrf
        case extAuth = "ext-auth"

        /// Where its settings stand: the type in camelCase.
        package var field: String {
            switch self {
            case .apiKey: "apiKey"
            case .extAuth: "extAuth"
            case .jwt, .basic, .mtls, .ip, .authorization, .cors, .csrf: self.rawValue
            }
        }

        /// Every setting has a default.
        fileprivate var needsNoSettings: Bool {
            switch self {
            case .basic, .apiKey, .csrf: true
            case .jwt, .mtls, .ip, .authorization, .cors, .extAuth: false
            }
        }
    }

    package var type: PolicyType {
        switch self.settings {
        case .jwt: .jwt
        case .basic: .basic
        case .apiKey: .apiKey
        case .mtls: .mtls
        case .ip: .ip
        case .authorization: .authorization
        case .cors: .cors
        case .csrf: .csrf
        case .extAuth: .extAuth
        }
    }

    /// How much a policy keeps out.
    package enum Protection: Int, Comparable, Sendable {
        case none
        /// Some requests, whoever sends them.
        case someRequests
        /// Everybody who is not known.
        case strangers

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    package var protection: Protection {
        if self.observe { return .none }
        return switch self.settings {
        case .cors, .csrf: .none
        case .jwt(let policy): policy.isOptional ? .none : .strangers
        case .basic, .apiKey, .mtls, .extAuth: .strangers
        case .ip(let policy): policy.allow.isEmpty ? .none : .someRequests
        case .authorization(let policy): policy.fallback == .deny ? .someRequests : .none
        }
    }

    init?(name: String, _ reader: inout ObjectReader) {
        let collector = reader.collector
        _ = reader.value("info")
        let type = reader.required("type") { collector.word($0, PolicyType.self) }
        let observe = reader.read("observe", default: false) { collector.boolean($0) }
        let secrets = reader.optional(Secrets.field) { collector.secrets($0) } ?? Secrets()
        guard let type else {
            for other in PolicyType.allCases { _ = reader.value(other.field) }
            return nil
        }
        for other in PolicyType.allCases where other != type && reader.value(other.field) != nil {
            reader.fault(other.field, "conflict", "the type here is \(type.rawValue)")
        }
        let json = reader.value(type.field)
        if json == nil, !type.needsNoSettings {
            reader.fault(type.field, "required", "\(type.field) is required")
            return nil
        }
        let settings = collector.inside(.member(type.field)) {
            collector.object(json ?? [:]) { Settings(type, secrets, &$0) }
        }
        if observe, type == .cors {
            reader.fault("observe", "conflict", "cors lets every request pass: there is nothing to observe")
        }
        guard let settings else { return nil }
        self.init(name: name, observe: observe, settings: settings)
    }
}

extension AuthPolicy.Settings {
    fileprivate init?(_ type: AuthPolicy.PolicyType, _ secrets: Secrets, _ reader: inout ObjectReader) {
        let settings: Self? =
            switch type {
            case .jwt: JWTPolicy(secrets, &reader).map { .jwt($0) }
            case .basic: BasicPolicy(&reader).map { .basic($0) }
            case .apiKey: APIKeyPolicy(&reader).map { .apiKey($0) }
            case .mtls: MTLSPolicy(&reader).map { .mtls($0) }
            case .ip: IPPolicy(&reader).map { .ip($0) }
            case .authorization: AuthorizationPolicy(&reader).map { .authorization($0) }
            case .cors: CORSPolicy(&reader).map { .cors($0) }
            case .csrf: CSRFPolicy(&reader).map { .csrf($0) }
            case .extAuth: ExtAuthPolicy(&reader).map { .extAuth($0) }
            }
        guard let settings else { return nil }
        self = settings
    }
}
