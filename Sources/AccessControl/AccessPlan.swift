import GatewayModel

/// The access rules that a route or a listener names, in the order in which they are asked.
package final class AccessPlan: Sendable {
    /// By phase, then in the order of the document; CORS is not among them.
    package let rules: [AccessRule]
    /// The last of the named ones; one that only observes changes no answer.
    package let cors: CORSRule?

    /// - Returns: `nil` for no rules.
    init?(_ rules: [AccessRule]) {
        if rules.isEmpty { return nil }
        self.rules = rules.filter { $0.phase != .cors }.enumerated().sorted {
            ($0.element.phase, $0.offset) < ($1.element.phase, $1.offset)
        }
        .map(\.element)
        self.cors = rules.reversed().lazy.filter { !$0.policy.observe }.compactMap(\.cors).first
    }
}

extension AccessPlan: Hashable {
    package static func == (left: AccessPlan, right: AccessPlan) -> Bool {
        left === right || left.cors === right.cors && left.rules.elementsEqual(right.rules, by: ===)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.rules.count) }
}
