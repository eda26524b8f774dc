import GatewayModel
import GatewaySnapshot
import Routing

/// Something in a write that is allowed and can hardly be meant.
struct WriteWarning: Sendable {
    /// A write of many resources names no more.
    static let limit = 100

    let key: ResourceKey
    let pointer: String
    let code: String
    let detail: String

    init(_ shadowed: ShadowedMatch) {
        self.key = ResourceKey(kind: .route, name: shadowed.route)
        self.pointer = shadowed.pointer
        self.code = "shadowed"
        self.detail = shadowed.detail
    }

    init(_ effect: TrafficEffect) {
        self.key = effect.key
        self.pointer = ""
        self.code = effect.code.rawValue
        self.detail = effect.detail
    }

    init(_ key: ResourceKey, _ fault: Fault) {
        self.key = key
        self.pointer = fault.pointer
        self.code = fault.code
        self.detail = fault.detail
    }

    var json: JSON {
        [
            "code": .string(self.code), "pointer": .string(self.pointer), "detail": .string(self.detail),
            "kind": .string(self.key.kind.rawValue), "name": .string(self.key.name),
        ]
    }
}

extension JSON {
    /// With a list of warnings, where there are any.
    func with(_ warnings: [WriteWarning]) -> JSON {
        guard !warnings.isEmpty, case .object(var members) = self else { return self }
        members["warnings"] = .array(warnings.map(\.json))
        return .object(members)
    }
}
