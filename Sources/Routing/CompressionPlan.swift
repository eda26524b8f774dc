package import GatewayModel
package import HTTPWire

/// A compression policy, compiled: what requests share instead of copies.
package final class CompressionPlan: Sendable {
    package let policy: CompressionPolicy
    package let rule: CompressionRule

    /// - Returns: `nil` for a policy with no algorithm or no type, or with one that is none; validation refuses those.
    package init?(_ policy: CompressionPolicy) {
        guard
            let rule = CompressionRule(
                algorithms: policy.algorithms.map(\.rawValue), minBytes: UInt64(clamping: policy.minBytes),
                types: policy.types)
        else { return nil }
        self.policy = policy
        self.rule = rule
    }
}

extension CompressionPlan: Hashable {
    package static func == (left: CompressionPlan, right: CompressionPlan) -> Bool {
        left === right || left.policy == right.policy
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.policy) }
}
